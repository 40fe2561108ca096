
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'hoplint' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'hoplint'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'hoplint' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours in the output')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Check chain files')
            [CompletionResult]::new('generate', 'generate', [CompletionResultType]::ParameterValue, 'Write the configuration of a chain''s hops')
            [CompletionResult]::new('import', 'import', [CompletionResultType]::ParameterValue, 'Write a chain file from deployed configuration')
            [CompletionResult]::new('plan', 'plan', [CompletionResultType]::ParameterValue, 'Find values that make whole chains agree')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show whole chains at a glance')
            [CompletionResult]::new('simulate', 'simulate', [CompletionResultType]::ParameterValue, 'Run a request through chains')
            [CompletionResult]::new('diagnose', 'diagnose', [CompletionResultType]::ParameterValue, 'Find the timer that ended a request')
            [CompletionResult]::new('explain', 'explain', [CompletionResultType]::ParameterValue, 'Explain a rule, a platform or a timer')
            [CompletionResult]::new('rules', 'rules', [CompletionResultType]::ParameterValue, 'List the rules')
            [CompletionResult]::new('platforms', 'platforms', [CompletionResultType]::ParameterValue, 'List the platforms that hoplint knows')
            [CompletionResult]::new('targets', 'targets', [CompletionResultType]::ParameterValue, 'List what `hoplint generate` can write')
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Write a first chain file')
            [CompletionResult]::new('baseline', 'baseline', [CompletionResultType]::ParameterValue, 'Accept the findings of today')
            [CompletionResult]::new('schema', 'schema', [CompletionResultType]::ParameterValue, 'Print a JSON Schema')
            [CompletionResult]::new('lsp', 'lsp', [CompletionResultType]::ParameterValue, 'Serve editors (Language Server Protocol over standard input and output)')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print completions for a shell')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Print a manual page')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'hoplint;check' {
            [CompletionResult]::new('--stdin-filename', '--stdin-filename', [CompletionResultType]::ParameterName, 'Name of what comes through standard input: decides its format, its settings and its name in reports')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to report, and where to: text, or json:report.json; several may be given')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'What makes the exit code 1')
            [CompletionResult]::new('--baseline', '--baseline', [CompletionResultType]::ParameterName, 'Hide the findings that this file accepts (see hoplint baseline)')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Settings for all files, instead of the closest hoplint.toml above each')
            [CompletionResult]::new('-j', '-j', [CompletionResultType]::ParameterName, 'Threads to use; one per processor without it')
            [CompletionResult]::new('--threads', '--threads', [CompletionResultType]::ParameterName, 'Threads to use; one per processor without it')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours in the output')
            [CompletionResult]::new('--fix', '--fix', [CompletionResultType]::ParameterName, 'Make the fixes that change no timeout: spelling, units, what has no effect')
            [CompletionResult]::new('--unsafe-fixes', '--unsafe-fixes', [CompletionResultType]::ParameterName, 'Make the fixes that change a timeout, too; implies --fix, and with --diff shows them')
            [CompletionResult]::new('--diff', '--diff', [CompletionResultType]::ParameterName, 'Show what --fix would change, and write nothing; exit code 1 if there is something')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'List what could not be judged')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'List what could not be judged')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing where nothing is found')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing where nothing is found')
            [CompletionResult]::new('--allow-empty', '--allow-empty', [CompletionResultType]::ParameterName, 'Be content when there is no chain file')
            [CompletionResult]::new('--watch', '--watch', [CompletionResultType]::ParameterName, 'Run again whenever a file changes')
            [CompletionResult]::new('--no-config', '--no-config', [CompletionResultType]::ParameterName, 'Look for no hoplint.toml')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'hoplint;generate' {
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'What to write; without it, one form of each hop (see `hoplint targets`)')
            [CompletionResult]::new('--target', '--target', [CompletionResultType]::ParameterName, 'What to write; without it, one form of each hop (see `hoplint targets`)')
            [CompletionResult]::new('--hop', '--hop', [CompletionResultType]::ParameterName, 'Only these hops')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Where to write: a folder, or a file where there is one only; standard output without it')
            [CompletionResult]::new('--out', '--out', [CompletionResultType]::ParameterName, 'Where to write: a folder, or a file where there is one only; standard output without it')
            [CompletionResult]::new('--templates', '--templates', [CompletionResultType]::ParameterName, 'Folders with targets of your own, one folder for each, in place of or beside the built-in ones')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Settings for all files, instead of the closest hoplint.toml above each')
            [CompletionResult]::new('-j', '-j', [CompletionResultType]::ParameterName, 'Threads to use; one per processor without it')
            [CompletionResult]::new('--threads', '--threads', [CompletionResultType]::ParameterName, 'Threads to use; one per processor without it')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours in the output')
            [CompletionResult]::new('--stdout', '--stdout', [CompletionResultType]::ParameterName, 'Print to standard output, whatever --out says')
            [CompletionResult]::new('--check', '--check', [CompletionResultType]::ParameterName, 'Write nothing; exit code 1 where a file is missing or no longer what the chain says')
            [CompletionResult]::new('--diff', '--diff', [CompletionResultType]::ParameterName, 'Write nothing; show what would change, exit code 1 if there is something')
            [CompletionResult]::new('--explicit', '--explicit', [CompletionResultType]::ParameterName, 'Write the defaults too')
            [CompletionResult]::new('--full', '--full', [CompletionResultType]::ParameterName, 'A whole file that runs, with placeholders for addresses, not a part to include')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Write from a chain with errors, and over files changed by hand')
            [CompletionResult]::new('--no-config', '--no-config', [CompletionResultType]::ParameterName, 'Look for no hoplint.toml')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'hoplint;import' {
            [CompletionResult]::new('--out', '--out', [CompletionResultType]::ParameterName, 'The file to write; paths in it are relative to its folder')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours in the output')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Write over a file that exists')
            [CompletionResult]::new('--list', '--list', [CompletionResultType]::ParameterName, 'List what each file can be bound to (PATH#SELECTOR), and write nothing')
            [CompletionResult]::new('--formats', '--formats', [CompletionResultType]::ParameterName, 'List the formats that hoplint reads')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'hoplint;plan' {
            [CompletionResult]::new('--objective', '--objective', [CompletionResultType]::ParameterName, 'Which of the plans that work')
            [CompletionResult]::new('--pin', '--pin', [CompletionResultType]::ParameterName, 'Leave the values of this hop as they are')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to print the plan')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Settings for all files, instead of the closest hoplint.toml above each')
            [CompletionResult]::new('-j', '-j', [CompletionResultType]::ParameterName, 'Threads to use; one per processor without it')
            [CompletionResult]::new('--threads', '--threads', [CompletionResultType]::ParameterName, 'Threads to use; one per processor without it')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours in the output')
            [CompletionResult]::new('--write', '--write', [CompletionResultType]::ParameterName, 'Write the planned values into the chain files; with --unsafe-fixes into the deployed files, too')
            [CompletionResult]::new('--unsafe-fixes', '--unsafe-fixes', [CompletionResultType]::ParameterName, 'Change what stands in deployed files, too, where hops are bound to them (`from:`)')
            [CompletionResult]::new('--diff', '--diff', [CompletionResultType]::ParameterName, 'Show what --write would change, and write nothing; exit code 1 if there is something')
            [CompletionResult]::new('--check', '--check', [CompletionResultType]::ParameterName, 'Write nothing; exit code 1 if a plan would change something')
            [CompletionResult]::new('--no-config', '--no-config', [CompletionResultType]::ParameterName, 'Look for no hoplint.toml')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'hoplint;show' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to draw it')
            [CompletionResult]::new('--out', '--out', [CompletionResultType]::ParameterName, 'Write to this file instead of standard output; into this folder, with a file for each chain where the format holds one only')
            [CompletionResult]::new('--chain', '--chain', [CompletionResultType]::ParameterName, 'Show only the chain of this name; several may be given')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Settings for all files, instead of the closest hoplint.toml above each')
            [CompletionResult]::new('-j', '-j', [CompletionResultType]::ParameterName, 'Threads to use; one per processor without it')
            [CompletionResult]::new('--threads', '--threads', [CompletionResultType]::ParameterName, 'Threads to use; one per processor without it')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours in the output')
            [CompletionResult]::new('--no-config', '--no-config', [CompletionResultType]::ParameterName, 'Look for no hoplint.toml')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'hoplint;simulate' {
            [CompletionResult]::new('--chain', '--chain', [CompletionResultType]::ParameterName, 'Run only the chain of this name; several may be given')
            [CompletionResult]::new('--duration', '--duration', [CompletionResultType]::ParameterName, 'The whole answer takes this long, instead of what the workload says')
            [CompletionResult]::new('--first-byte', '--first-byte', [CompletionResultType]::ParameterName, 'Stream the answer, with its first byte after this long')
            [CompletionResult]::new('--gap', '--gap', [CompletionResultType]::ParameterName, 'Stream the answer, with a silence of this length between any two bytes')
            [CompletionResult]::new('--fails', '--fails', [CompletionResultType]::ParameterName, 'What each call of the provider meets in turn, and all others like the last: a status, reset, refused, no-connection, never or ok')
            [CompletionResult]::new('--retry-after', '--retry-after', [CompletionResultType]::ParameterName, 'The provider''s error answers say Retry-After')
            [CompletionResult]::new('--leaves', '--leaves', [CompletionResultType]::ParameterName, 'The user closes the page after this long')
            [CompletionResult]::new('--late', '--late', [CompletionResultType]::ParameterName, 'Where timers fire at some time, and back-offs last some time: the earliest or the latest')
            [CompletionResult]::new('--with', '--with', [CompletionResultType]::ParameterName, 'Take a facet of a hop for this, such as edge.version=1.29.7; several may be given')
            [CompletionResult]::new('--requests', '--requests', [CompletionResultType]::ParameterName, 'Run this many requests and say what they come to')
            [CompletionResult]::new('--p50', '--p50', [CompletionResultType]::ParameterName, 'Half of the answers are whole after this long (log-normal)')
            [CompletionResult]::new('--p99', '--p99', [CompletionResultType]::ParameterName, '99 of 100 answers are whole after this long')
            [CompletionResult]::new('--first-p50', '--first-p50', [CompletionResultType]::ParameterName, 'Stream: half of the first tokens come after this long')
            [CompletionResult]::new('--first-p99', '--first-p99', [CompletionResultType]::ParameterName, 'Stream: 99 of 100 first tokens come after this long')
            [CompletionResult]::new('--samples', '--samples', [CompletionResultType]::ParameterName, 'Answers take as long as the lines of this file say: 12.5s, or bare numbers with :s or :ms behind the name')
            [CompletionResult]::new('--error-rate', '--error-rate', [CompletionResultType]::ParameterName, 'Share of the provider''s calls that meet this: 503=1%, reset=0.1%, refused, no-connection or never; several may be given')
            [CompletionResult]::new('--seed', '--seed', [CompletionResultType]::ParameterName, 'The same seed draws the same requests')
            [CompletionResult]::new('--replay', '--replay', [CompletionResultType]::ParameterName, 'Show the request of this number as a timeline')
            [CompletionResult]::new('--compare', '--compare', [CompletionResultType]::ParameterName, 'Run the same requests through another chain file, too, or through the values that `hoplint plan` gives in the order inward or outward; several may be given')
            [CompletionResult]::new('--price-input', '--price-input', [CompletionResultType]::ParameterName, 'Price of a million input tokens, in any currency')
            [CompletionResult]::new('--price-output', '--price-output', [CompletionResultType]::ParameterName, 'Price of a million output tokens')
            [CompletionResult]::new('--price-cached', '--price-cached', [CompletionResultType]::ParameterName, 'Price of a million input tokens that are read from the prompt cache')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to print the run')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Settings for all files, instead of the closest hoplint.toml above each')
            [CompletionResult]::new('-j', '-j', [CompletionResultType]::ParameterName, 'Threads to use; one per processor without it')
            [CompletionResult]::new('--threads', '--threads', [CompletionResultType]::ParameterName, 'Threads to use; one per processor without it')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours in the output')
            [CompletionResult]::new('--never', '--never', [CompletionResultType]::ParameterName, 'The provider never answers')
            [CompletionResult]::new('--streaming', '--streaming', [CompletionResultType]::ParameterName, 'Ask for the answer as a stream')
            [CompletionResult]::new('--buffered', '--buffered', [CompletionResultType]::ParameterName, 'Ask for the answer as a whole')
            [CompletionResult]::new('--fresh', '--fresh', [CompletionResultType]::ParameterName, 'Each attempt takes another time; without it a long prompt stays long')
            [CompletionResult]::new('--no-config', '--no-config', [CompletionResultType]::ParameterName, 'Look for no hoplint.toml')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'hoplint;diagnose' {
            [CompletionResult]::new('--status', '--status', [CompletionResultType]::ParameterName, 'The status of the answer, as the caller saw it')
            [CompletionResult]::new('--after', '--after', [CompletionResultType]::ParameterName, 'How long it took, as exactly as you know: 29s, 29.0s, 1m30s, 300000ms')
            [CompletionResult]::new('--body', '--body', [CompletionResultType]::ParameterName, 'The body of the answer, or a piece of it; @FILE reads a file, - standard input')
            [CompletionResult]::new('--header', '--header', [CompletionResultType]::ParameterName, 'A header of the answer, such as ''server: awselb/2.0''; with --probe one of the request. Several may be given, @FILE reads them from a file')
            [CompletionResult]::new('--when', '--when', [CompletionResultType]::ParameterName, 'When it happens')
            [CompletionResult]::new('--exception', '--exception', [CompletionResultType]::ParameterName, 'The text of an exception, a traceback or a line of a log; @FILE reads a file, - standard input')
            [CompletionResult]::new('--at', '--at', [CompletionResultType]::ParameterName, 'The hop that wrote it down, where it comes from that hop''s log: it speaks of what that hop answered')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to print the answer')
            [CompletionResult]::new('--log', '--log', [CompletionResultType]::ParameterName, 'Access logs to search for cliffs, gzip or plain; - is standard input. Repeat it, or put a comma between files')
            [CompletionResult]::new('--log-format', '--log-format', [CompletionResultType]::ParameterName, 'The format of the logs: a name such as combined or envoy, a format as nginx, Apache, Envoy or HAProxy write it, or an nginx.conf with log_format lines; found out where it is not given')
            [CompletionResult]::new('--log-unit', '--log-unit', [CompletionResultType]::ParameterName, 'What durations without a unit count')
            [CompletionResult]::new('--probe', '--probe', [CompletionResultType]::ParameterName, 'Send one real request to this address and say what ended it; nothing else of hoplint uses the network')
            [CompletionResult]::new('--method', '--method', [CompletionResultType]::ParameterName, 'The method of the request; POST where there is --data')
            [CompletionResult]::new('--data', '--data', [CompletionResultType]::ParameterName, 'The body of the request; @FILE reads a file, @- standard input')
            [CompletionResult]::new('--max', '--max', [CompletionResultType]::ParameterName, 'Give up after this time')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Settings for all files, instead of the closest hoplint.toml above each')
            [CompletionResult]::new('-j', '-j', [CompletionResultType]::ParameterName, 'Threads to use; one per processor without it')
            [CompletionResult]::new('--threads', '--threads', [CompletionResultType]::ParameterName, 'Threads to use; one per processor without it')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours in the output')
            [CompletionResult]::new('--no-chain', '--no-chain', [CompletionResultType]::ParameterName, 'Compare with every platform of the catalogue instead of a chain')
            [CompletionResult]::new('--streaming', '--streaming', [CompletionResultType]::ParameterName, 'The answer was streamed')
            [CompletionResult]::new('--buffered', '--buffered', [CompletionResultType]::ParameterName, 'The answer was not streamed')
            [CompletionResult]::new('--cut', '--cut', [CompletionResultType]::ParameterName, 'The answer had begun and broke off')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show every suspect in full')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show every suspect in full')
            [CompletionResult]::new('--stream', '--stream', [CompletionResultType]::ParameterName, 'Ask for a stream of events')
            [CompletionResult]::new('--no-config', '--no-config', [CompletionResultType]::ParameterName, 'Look for no hoplint.toml')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'hoplint;explain' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours in the output')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'hoplint;rules' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to print them')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours in the output')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'hoplint;platforms' {
            [CompletionResult]::new('--role', '--role', [CompletionResultType]::ParameterName, 'Only those that stand at this place of a chain')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to print them')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours in the output')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'hoplint;targets' {
            [CompletionResult]::new('--templates', '--templates', [CompletionResultType]::ParameterName, 'Folders with targets of your own')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours in the output')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'hoplint;init' {
            [CompletionResult]::new('--preset', '--preset', [CompletionResultType]::ParameterName, 'Which chain to begin with')
            [CompletionResult]::new('--out', '--out', [CompletionResultType]::ParameterName, 'The file to write; - is standard output')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours in the output')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Write over a file that exists')
            [CompletionResult]::new('--list', '--list', [CompletionResultType]::ParameterName, 'Print what there is to begin with')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'hoplint;baseline' {
            [CompletionResult]::new('--out', '--out', [CompletionResultType]::ParameterName, 'The file to write')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Settings for all files, instead of the closest hoplint.toml above each')
            [CompletionResult]::new('-j', '-j', [CompletionResultType]::ParameterName, 'Threads to use; one per processor without it')
            [CompletionResult]::new('--threads', '--threads', [CompletionResultType]::ParameterName, 'Threads to use; one per processor without it')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours in the output')
            [CompletionResult]::new('--prune', '--prune', [CompletionResultType]::ParameterName, 'Only take out of an existing file what is not found any more')
            [CompletionResult]::new('--no-config', '--no-config', [CompletionResultType]::ParameterName, 'Look for no hoplint.toml')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'hoplint;schema' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours in the output')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'hoplint;lsp' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours in the output')
            [CompletionResult]::new('--stdio', '--stdio', [CompletionResultType]::ParameterName, 'Talk over standard input and output, which it always does; many editors say so')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'hoplint;completions' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours in the output')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'hoplint;man' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours in the output')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'hoplint;help' {
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Check chain files')
            [CompletionResult]::new('generate', 'generate', [CompletionResultType]::ParameterValue, 'Write the configuration of a chain''s hops')
            [CompletionResult]::new('import', 'import', [CompletionResultType]::ParameterValue, 'Write a chain file from deployed configuration')
            [CompletionResult]::new('plan', 'plan', [CompletionResultType]::ParameterValue, 'Find values that make whole chains agree')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show whole chains at a glance')
            [CompletionResult]::new('simulate', 'simulate', [CompletionResultType]::ParameterValue, 'Run a request through chains')
            [CompletionResult]::new('diagnose', 'diagnose', [CompletionResultType]::ParameterValue, 'Find the timer that ended a request')
            [CompletionResult]::new('explain', 'explain', [CompletionResultType]::ParameterValue, 'Explain a rule, a platform or a timer')
            [CompletionResult]::new('rules', 'rules', [CompletionResultType]::ParameterValue, 'List the rules')
            [CompletionResult]::new('platforms', 'platforms', [CompletionResultType]::ParameterValue, 'List the platforms that hoplint knows')
            [CompletionResult]::new('targets', 'targets', [CompletionResultType]::ParameterValue, 'List what `hoplint generate` can write')
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Write a first chain file')
            [CompletionResult]::new('baseline', 'baseline', [CompletionResultType]::ParameterValue, 'Accept the findings of today')
            [CompletionResult]::new('schema', 'schema', [CompletionResultType]::ParameterValue, 'Print a JSON Schema')
            [CompletionResult]::new('lsp', 'lsp', [CompletionResultType]::ParameterValue, 'Serve editors (Language Server Protocol over standard input and output)')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print completions for a shell')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Print a manual page')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'hoplint;help;check' {
            break
        }
        'hoplint;help;generate' {
            break
        }
        'hoplint;help;import' {
            break
        }
        'hoplint;help;plan' {
            break
        }
        'hoplint;help;show' {
            break
        }
        'hoplint;help;simulate' {
            break
        }
        'hoplint;help;diagnose' {
            break
        }
        'hoplint;help;explain' {
            break
        }
        'hoplint;help;rules' {
            break
        }
        'hoplint;help;platforms' {
            break
        }
        'hoplint;help;targets' {
            break
        }
        'hoplint;help;init' {
            break
        }
        'hoplint;help;baseline' {
            break
        }
        'hoplint;help;schema' {
            break
        }
        'hoplint;help;lsp' {
            break
        }
        'hoplint;help;completions' {
            break
        }
        'hoplint;help;man' {
            break
        }
        'hoplint;help;help' {
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
