
use builtin;
use str;

set edit:completion:arg-completer[hoplint] = {|@words|
    fn spaces {|n|
        builtin:repeat $n ' ' | str:join ''
    }
    fn cand {|text desc|
        edit:complex-candidate $text &display=$text' '(spaces (- 14 (wcswidth $text)))$desc
    }
    var command = 'hoplint'
    for word $words[1..-1] {
        if (str:has-prefix $word '-') {
            break
        }
        set command = $command';'$word
    }
    var completions = [
        &'hoplint'= {
            cand --color 'Colours in the output'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
            cand check 'Check chain files'
            cand generate 'Write the configuration of a chain''s hops'
            cand import 'Write a chain file from deployed configuration'
            cand plan 'Find values that make whole chains agree'
            cand show 'Show whole chains at a glance'
            cand simulate 'Run a request through chains'
            cand diagnose 'Find the timer that ended a request'
            cand explain 'Explain a rule, a platform or a timer'
            cand rules 'List the rules'
            cand platforms 'List the platforms that hoplint knows'
            cand targets 'List what `hoplint generate` can write'
            cand init 'Write a first chain file'
            cand baseline 'Accept the findings of today'
            cand schema 'Print a JSON Schema'
            cand lsp 'Serve editors (Language Server Protocol over standard input and output)'
            cand completions 'Print completions for a shell'
            cand man 'Print a manual page'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'hoplint;check'= {
            cand --stdin-filename 'Name of what comes through standard input: decides its format, its settings and its name in reports'
            cand --format 'How to report, and where to: text, or json:report.json; several may be given'
            cand --fail-on 'What makes the exit code 1'
            cand --baseline 'Hide the findings that this file accepts (see hoplint baseline)'
            cand --config 'Settings for all files, instead of the closest hoplint.toml above each'
            cand -j 'Threads to use; one per processor without it'
            cand --threads 'Threads to use; one per processor without it'
            cand --color 'Colours in the output'
            cand --fix 'Make the fixes that change no timeout: spelling, units, what has no effect'
            cand --unsafe-fixes 'Make the fixes that change a timeout, too; implies --fix, and with --diff shows them'
            cand --diff 'Show what --fix would change, and write nothing; exit code 1 if there is something'
            cand -v 'List what could not be judged'
            cand --verbose 'List what could not be judged'
            cand -q 'Say nothing where nothing is found'
            cand --quiet 'Say nothing where nothing is found'
            cand --allow-empty 'Be content when there is no chain file'
            cand --watch 'Run again whenever a file changes'
            cand --no-config 'Look for no hoplint.toml'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'hoplint;generate'= {
            cand -t 'What to write; without it, one form of each hop (see `hoplint targets`)'
            cand --target 'What to write; without it, one form of each hop (see `hoplint targets`)'
            cand --hop 'Only these hops'
            cand -o 'Where to write: a folder, or a file where there is one only; standard output without it'
            cand --out 'Where to write: a folder, or a file where there is one only; standard output without it'
            cand --templates 'Folders with targets of your own, one folder for each, in place of or beside the built-in ones'
            cand --config 'Settings for all files, instead of the closest hoplint.toml above each'
            cand -j 'Threads to use; one per processor without it'
            cand --threads 'Threads to use; one per processor without it'
            cand --color 'Colours in the output'
            cand --stdout 'Print to standard output, whatever --out says'
            cand --check 'Write nothing; exit code 1 where a file is missing or no longer what the chain says'
            cand --diff 'Write nothing; show what would change, exit code 1 if there is something'
            cand --explicit 'Write the defaults too'
            cand --full 'A whole file that runs, with placeholders for addresses, not a part to include'
            cand --force 'Write from a chain with errors, and over files changed by hand'
            cand --no-config 'Look for no hoplint.toml'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'hoplint;import'= {
            cand --out 'The file to write; paths in it are relative to its folder'
            cand --color 'Colours in the output'
            cand --force 'Write over a file that exists'
            cand --list 'List what each file can be bound to (PATH#SELECTOR), and write nothing'
            cand --formats 'List the formats that hoplint reads'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'hoplint;plan'= {
            cand --objective 'Which of the plans that work'
            cand --pin 'Leave the values of this hop as they are'
            cand --format 'How to print the plan'
            cand --config 'Settings for all files, instead of the closest hoplint.toml above each'
            cand -j 'Threads to use; one per processor without it'
            cand --threads 'Threads to use; one per processor without it'
            cand --color 'Colours in the output'
            cand --write 'Write the planned values into the chain files; with --unsafe-fixes into the deployed files, too'
            cand --unsafe-fixes 'Change what stands in deployed files, too, where hops are bound to them (`from:`)'
            cand --diff 'Show what --write would change, and write nothing; exit code 1 if there is something'
            cand --check 'Write nothing; exit code 1 if a plan would change something'
            cand --no-config 'Look for no hoplint.toml'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'hoplint;show'= {
            cand --format 'How to draw it'
            cand --out 'Write to this file instead of standard output; into this folder, with a file for each chain where the format holds one only'
            cand --chain 'Show only the chain of this name; several may be given'
            cand --config 'Settings for all files, instead of the closest hoplint.toml above each'
            cand -j 'Threads to use; one per processor without it'
            cand --threads 'Threads to use; one per processor without it'
            cand --color 'Colours in the output'
            cand --no-config 'Look for no hoplint.toml'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'hoplint;simulate'= {
            cand --chain 'Run only the chain of this name; several may be given'
            cand --duration 'The whole answer takes this long, instead of what the workload says'
            cand --first-byte 'Stream the answer, with its first byte after this long'
            cand --gap 'Stream the answer, with a silence of this length between any two bytes'
            cand --fails 'What each call of the provider meets in turn, and all others like the last: a status, reset, refused, no-connection, never or ok'
            cand --retry-after 'The provider''s error answers say Retry-After'
            cand --leaves 'The user closes the page after this long'
            cand --late 'Where timers fire at some time, and back-offs last some time: the earliest or the latest'
            cand --with 'Take a facet of a hop for this, such as edge.version=1.29.7; several may be given'
            cand --requests 'Run this many requests and say what they come to'
            cand --p50 'Half of the answers are whole after this long (log-normal)'
            cand --p99 '99 of 100 answers are whole after this long'
            cand --first-p50 'Stream: half of the first tokens come after this long'
            cand --first-p99 'Stream: 99 of 100 first tokens come after this long'
            cand --samples 'Answers take as long as the lines of this file say: 12.5s, or bare numbers with :s or :ms behind the name'
            cand --error-rate 'Share of the provider''s calls that meet this: 503=1%, reset=0.1%, refused, no-connection or never; several may be given'
            cand --seed 'The same seed draws the same requests'
            cand --replay 'Show the request of this number as a timeline'
            cand --compare 'Run the same requests through another chain file, too, or through the values that `hoplint plan` gives in the order inward or outward; several may be given'
            cand --price-input 'Price of a million input tokens, in any currency'
            cand --price-output 'Price of a million output tokens'
            cand --price-cached 'Price of a million input tokens that are read from the prompt cache'
            cand --format 'How to print the run'
            cand --config 'Settings for all files, instead of the closest hoplint.toml above each'
            cand -j 'Threads to use; one per processor without it'
            cand --threads 'Threads to use; one per processor without it'
            cand --color 'Colours in the output'
            cand --never 'The provider never answers'
            cand --streaming 'Ask for the answer as a stream'
            cand --buffered 'Ask for the answer as a whole'
            cand --fresh 'Each attempt takes another time; without it a long prompt stays long'
            cand --no-config 'Look for no hoplint.toml'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'hoplint;diagnose'= {
            cand --status 'The status of the answer, as the caller saw it'
            cand --after 'How long it took, as exactly as you know: 29s, 29.0s, 1m30s, 300000ms'
            cand --body 'The body of the answer, or a piece of it; @FILE reads a file, - standard input'
            cand --header 'A header of the answer, such as ''server: awselb/2.0''; with --probe one of the request. Several may be given, @FILE reads them from a file'
            cand --when 'When it happens'
            cand --exception 'The text of an exception, a traceback or a line of a log; @FILE reads a file, - standard input'
            cand --at 'The hop that wrote it down, where it comes from that hop''s log: it speaks of what that hop answered'
            cand --format 'How to print the answer'
            cand --log 'Access logs to search for cliffs, gzip or plain; - is standard input. Repeat it, or put a comma between files'
            cand --log-format 'The format of the logs: a name such as combined or envoy, a format as nginx, Apache, Envoy or HAProxy write it, or an nginx.conf with log_format lines; found out where it is not given'
            cand --log-unit 'What durations without a unit count'
            cand --probe 'Send one real request to this address and say what ended it; nothing else of hoplint uses the network'
            cand --method 'The method of the request; POST where there is --data'
            cand --data 'The body of the request; @FILE reads a file, @- standard input'
            cand --max 'Give up after this time'
            cand --config 'Settings for all files, instead of the closest hoplint.toml above each'
            cand -j 'Threads to use; one per processor without it'
            cand --threads 'Threads to use; one per processor without it'
            cand --color 'Colours in the output'
            cand --no-chain 'Compare with every platform of the catalogue instead of a chain'
            cand --streaming 'The answer was streamed'
            cand --buffered 'The answer was not streamed'
            cand --cut 'The answer had begun and broke off'
            cand -v 'Show every suspect in full'
            cand --verbose 'Show every suspect in full'
            cand --stream 'Ask for a stream of events'
            cand --no-config 'Look for no hoplint.toml'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'hoplint;explain'= {
            cand --color 'Colours in the output'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'hoplint;rules'= {
            cand --format 'How to print them'
            cand --color 'Colours in the output'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'hoplint;platforms'= {
            cand --role 'Only those that stand at this place of a chain'
            cand --format 'How to print them'
            cand --color 'Colours in the output'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'hoplint;targets'= {
            cand --templates 'Folders with targets of your own'
            cand --color 'Colours in the output'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'hoplint;init'= {
            cand --preset 'Which chain to begin with'
            cand --out 'The file to write; - is standard output'
            cand --color 'Colours in the output'
            cand --force 'Write over a file that exists'
            cand --list 'Print what there is to begin with'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'hoplint;baseline'= {
            cand --out 'The file to write'
            cand --config 'Settings for all files, instead of the closest hoplint.toml above each'
            cand -j 'Threads to use; one per processor without it'
            cand --threads 'Threads to use; one per processor without it'
            cand --color 'Colours in the output'
            cand --prune 'Only take out of an existing file what is not found any more'
            cand --no-config 'Look for no hoplint.toml'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'hoplint;schema'= {
            cand --color 'Colours in the output'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'hoplint;lsp'= {
            cand --color 'Colours in the output'
            cand --stdio 'Talk over standard input and output, which it always does; many editors say so'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'hoplint;completions'= {
            cand --color 'Colours in the output'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'hoplint;man'= {
            cand --color 'Colours in the output'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'hoplint;help'= {
            cand check 'Check chain files'
            cand generate 'Write the configuration of a chain''s hops'
            cand import 'Write a chain file from deployed configuration'
            cand plan 'Find values that make whole chains agree'
            cand show 'Show whole chains at a glance'
            cand simulate 'Run a request through chains'
            cand diagnose 'Find the timer that ended a request'
            cand explain 'Explain a rule, a platform or a timer'
            cand rules 'List the rules'
            cand platforms 'List the platforms that hoplint knows'
            cand targets 'List what `hoplint generate` can write'
            cand init 'Write a first chain file'
            cand baseline 'Accept the findings of today'
            cand schema 'Print a JSON Schema'
            cand lsp 'Serve editors (Language Server Protocol over standard input and output)'
            cand completions 'Print completions for a shell'
            cand man 'Print a manual page'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'hoplint;help;check'= {
        }
        &'hoplint;help;generate'= {
        }
        &'hoplint;help;import'= {
        }
        &'hoplint;help;plan'= {
        }
        &'hoplint;help;show'= {
        }
        &'hoplint;help;simulate'= {
        }
        &'hoplint;help;diagnose'= {
        }
        &'hoplint;help;explain'= {
        }
        &'hoplint;help;rules'= {
        }
        &'hoplint;help;platforms'= {
        }
        &'hoplint;help;targets'= {
        }
        &'hoplint;help;init'= {
        }
        &'hoplint;help;baseline'= {
        }
        &'hoplint;help;schema'= {
        }
        &'hoplint;help;lsp'= {
        }
        &'hoplint;help;completions'= {
        }
        &'hoplint;help;man'= {
        }
        &'hoplint;help;help'= {
        }
    ]
    $completions[$command]
}
