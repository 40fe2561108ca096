# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_hoplint_global_optspecs
    string join \n color= h/help V/version
end

function __fish_hoplint_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_hoplint_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_hoplint_using_subcommand
    set -l cmd (__fish_hoplint_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c hoplint -n "__fish_hoplint_needs_command" -l color -d 'Colours in the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t''
never\t''"
complete -c hoplint -n "__fish_hoplint_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hoplint -n "__fish_hoplint_needs_command" -s V -l version -d 'Print version'
complete -c hoplint -n "__fish_hoplint_needs_command" -f -a "check" -d 'Check chain files'
complete -c hoplint -n "__fish_hoplint_needs_command" -f -a "generate" -d 'Write the configuration of a chain\'s hops'
complete -c hoplint -n "__fish_hoplint_needs_command" -f -a "import" -d 'Write a chain file from deployed configuration'
complete -c hoplint -n "__fish_hoplint_needs_command" -f -a "plan" -d 'Find values that make whole chains agree'
complete -c hoplint -n "__fish_hoplint_needs_command" -f -a "show" -d 'Show whole chains at a glance'
complete -c hoplint -n "__fish_hoplint_needs_command" -f -a "simulate" -d 'Run a request through chains'
complete -c hoplint -n "__fish_hoplint_needs_command" -f -a "diagnose" -d 'Find the timer that ended a request'
complete -c hoplint -n "__fish_hoplint_needs_command" -f -a "explain" -d 'Explain a rule, a platform or a timer'
complete -c hoplint -n "__fish_hoplint_needs_command" -f -a "rules" -d 'List the rules'
complete -c hoplint -n "__fish_hoplint_needs_command" -f -a "platforms" -d 'List the platforms that hoplint knows'
complete -c hoplint -n "__fish_hoplint_needs_command" -f -a "targets" -d 'List what `hoplint generate` can write'
complete -c hoplint -n "__fish_hoplint_needs_command" -f -a "init" -d 'Write a first chain file'
complete -c hoplint -n "__fish_hoplint_needs_command" -f -a "baseline" -d 'Accept the findings of today'
complete -c hoplint -n "__fish_hoplint_needs_command" -f -a "schema" -d 'Print a JSON Schema'
complete -c hoplint -n "__fish_hoplint_needs_command" -f -a "lsp" -d 'Serve editors (Language Server Protocol over standard input and output)'
complete -c hoplint -n "__fish_hoplint_needs_command" -f -a "completions" -d 'Print completions for a shell'
complete -c hoplint -n "__fish_hoplint_needs_command" -f -a "man" -d 'Print a manual page'
complete -c hoplint -n "__fish_hoplint_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c hoplint -n "__fish_hoplint_using_subcommand check" -l stdin-filename -d 'Name of what comes through standard input: decides its format, its settings and its name in reports' -r -F
complete -c hoplint -n "__fish_hoplint_using_subcommand check" -l format -d 'How to report, and where to: text, or json:report.json; several may be given' -r
complete -c hoplint -n "__fish_hoplint_using_subcommand check" -l fail-on -d 'What makes the exit code 1' -r -f -a "error\t''
warning\t'Warnings and errors'
note\t'Any finding'
unchecked\t'Any finding, and rules that could not be judged'
never\t'No finding'"
complete -c hoplint -n "__fish_hoplint_using_subcommand check" -l baseline -d 'Hide the findings that this file accepts (see hoplint baseline)' -r -F
complete -c hoplint -n "__fish_hoplint_using_subcommand check" -l config -d 'Settings for all files, instead of the closest hoplint.toml above each' -r -F
complete -c hoplint -n "__fish_hoplint_using_subcommand check" -s j -l threads -d 'Threads to use; one per processor without it' -r
complete -c hoplint -n "__fish_hoplint_using_subcommand check" -l color -d 'Colours in the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t''
never\t''"
complete -c hoplint -n "__fish_hoplint_using_subcommand check" -l fix -d 'Make the fixes that change no timeout: spelling, units, what has no effect'
complete -c hoplint -n "__fish_hoplint_using_subcommand check" -l unsafe-fixes -d 'Make the fixes that change a timeout, too; implies --fix, and with --diff shows them'
complete -c hoplint -n "__fish_hoplint_using_subcommand check" -l diff -d 'Show what --fix would change, and write nothing; exit code 1 if there is something'
complete -c hoplint -n "__fish_hoplint_using_subcommand check" -s v -l verbose -d 'List what could not be judged'
complete -c hoplint -n "__fish_hoplint_using_subcommand check" -s q -l quiet -d 'Say nothing where nothing is found'
complete -c hoplint -n "__fish_hoplint_using_subcommand check" -l allow-empty -d 'Be content when there is no chain file'
complete -c hoplint -n "__fish_hoplint_using_subcommand check" -l watch -d 'Run again whenever a file changes'
complete -c hoplint -n "__fish_hoplint_using_subcommand check" -l no-config -d 'Look for no hoplint.toml'
complete -c hoplint -n "__fish_hoplint_using_subcommand check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hoplint -n "__fish_hoplint_using_subcommand generate" -s t -l target -d 'What to write; without it, one form of each hop (see `hoplint targets`)' -r
complete -c hoplint -n "__fish_hoplint_using_subcommand generate" -l hop -d 'Only these hops' -r
complete -c hoplint -n "__fish_hoplint_using_subcommand generate" -s o -l out -d 'Where to write: a folder, or a file where there is one only; standard output without it' -r -F
complete -c hoplint -n "__fish_hoplint_using_subcommand generate" -l templates -d 'Folders with targets of your own, one folder for each, in place of or beside the built-in ones' -r -f -a "(__fish_complete_directories)"
complete -c hoplint -n "__fish_hoplint_using_subcommand generate" -l config -d 'Settings for all files, instead of the closest hoplint.toml above each' -r -F
complete -c hoplint -n "__fish_hoplint_using_subcommand generate" -s j -l threads -d 'Threads to use; one per processor without it' -r
complete -c hoplint -n "__fish_hoplint_using_subcommand generate" -l color -d 'Colours in the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t''
never\t''"
complete -c hoplint -n "__fish_hoplint_using_subcommand generate" -l stdout -d 'Print to standard output, whatever --out says'
complete -c hoplint -n "__fish_hoplint_using_subcommand generate" -l check -d 'Write nothing; exit code 1 where a file is missing or no longer what the chain says'
complete -c hoplint -n "__fish_hoplint_using_subcommand generate" -l diff -d 'Write nothing; show what would change, exit code 1 if there is something'
complete -c hoplint -n "__fish_hoplint_using_subcommand generate" -l explicit -d 'Write the defaults too'
complete -c hoplint -n "__fish_hoplint_using_subcommand generate" -l full -d 'A whole file that runs, with placeholders for addresses, not a part to include'
complete -c hoplint -n "__fish_hoplint_using_subcommand generate" -l force -d 'Write from a chain with errors, and over files changed by hand'
complete -c hoplint -n "__fish_hoplint_using_subcommand generate" -l no-config -d 'Look for no hoplint.toml'
complete -c hoplint -n "__fish_hoplint_using_subcommand generate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hoplint -n "__fish_hoplint_using_subcommand import" -l out -d 'The file to write; paths in it are relative to its folder' -r -F
complete -c hoplint -n "__fish_hoplint_using_subcommand import" -l color -d 'Colours in the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t''
never\t''"
complete -c hoplint -n "__fish_hoplint_using_subcommand import" -l force -d 'Write over a file that exists'
complete -c hoplint -n "__fish_hoplint_using_subcommand import" -l list -d 'List what each file can be bound to (PATH#SELECTOR), and write nothing'
complete -c hoplint -n "__fish_hoplint_using_subcommand import" -l formats -d 'List the formats that hoplint reads'
complete -c hoplint -n "__fish_hoplint_using_subcommand import" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hoplint -n "__fish_hoplint_using_subcommand plan" -l objective -d 'Which of the plans that work' -r -f -a "fewest\t'Change as few values as can be'
smallest\t'The shortest values that the work fits into'
largest\t'The longest values that the limits allow'
even\t'What room there is, shared out evenly between neighbours'"
complete -c hoplint -n "__fish_hoplint_using_subcommand plan" -l pin -d 'Leave the values of this hop as they are' -r
complete -c hoplint -n "__fish_hoplint_using_subcommand plan" -l format -d 'How to print the plan' -r -f -a "text\t''
json\t''"
complete -c hoplint -n "__fish_hoplint_using_subcommand plan" -l config -d 'Settings for all files, instead of the closest hoplint.toml above each' -r -F
complete -c hoplint -n "__fish_hoplint_using_subcommand plan" -s j -l threads -d 'Threads to use; one per processor without it' -r
complete -c hoplint -n "__fish_hoplint_using_subcommand plan" -l color -d 'Colours in the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t''
never\t''"
complete -c hoplint -n "__fish_hoplint_using_subcommand plan" -l write -d 'Write the planned values into the chain files; with --unsafe-fixes into the deployed files, too'
complete -c hoplint -n "__fish_hoplint_using_subcommand plan" -l unsafe-fixes -d 'Change what stands in deployed files, too, where hops are bound to them (`from:`)'
complete -c hoplint -n "__fish_hoplint_using_subcommand plan" -l diff -d 'Show what --write would change, and write nothing; exit code 1 if there is something'
complete -c hoplint -n "__fish_hoplint_using_subcommand plan" -l check -d 'Write nothing; exit code 1 if a plan would change something'
complete -c hoplint -n "__fish_hoplint_using_subcommand plan" -l no-config -d 'Look for no hoplint.toml'
complete -c hoplint -n "__fish_hoplint_using_subcommand plan" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hoplint -n "__fish_hoplint_using_subcommand show" -l format -d 'How to draw it' -r -f -a "table\t''
svg\t''
html\t''
mermaid\t''
json\t''"
complete -c hoplint -n "__fish_hoplint_using_subcommand show" -l out -d 'Write to this file instead of standard output; into this folder, with a file for each chain where the format holds one only' -r -F
complete -c hoplint -n "__fish_hoplint_using_subcommand show" -l chain -d 'Show only the chain of this name; several may be given' -r
complete -c hoplint -n "__fish_hoplint_using_subcommand show" -l config -d 'Settings for all files, instead of the closest hoplint.toml above each' -r -F
complete -c hoplint -n "__fish_hoplint_using_subcommand show" -s j -l threads -d 'Threads to use; one per processor without it' -r
complete -c hoplint -n "__fish_hoplint_using_subcommand show" -l color -d 'Colours in the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t''
never\t''"
complete -c hoplint -n "__fish_hoplint_using_subcommand show" -l no-config -d 'Look for no hoplint.toml'
complete -c hoplint -n "__fish_hoplint_using_subcommand show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hoplint -n "__fish_hoplint_using_subcommand simulate" -l chain -d 'Run only the chain of this name; several may be given' -r
complete -c hoplint -n "__fish_hoplint_using_subcommand simulate" -l duration -d 'The whole answer takes this long, instead of what the workload says' -r
complete -c hoplint -n "__fish_hoplint_using_subcommand simulate" -l first-byte -d 'Stream the answer, with its first byte after this long' -r
complete -c hoplint -n "__fish_hoplint_using_subcommand simulate" -l gap -d 'Stream the answer, with a silence of this length between any two bytes' -r
complete -c hoplint -n "__fish_hoplint_using_subcommand simulate" -l fails -d 'What each call of the provider meets in turn, and all others like the last: a status, reset, refused, no-connection, never or ok' -r
complete -c hoplint -n "__fish_hoplint_using_subcommand simulate" -l retry-after -d 'The provider\'s error answers say Retry-After' -r
complete -c hoplint -n "__fish_hoplint_using_subcommand simulate" -l leaves -d 'The user closes the page after this long' -r
complete -c hoplint -n "__fish_hoplint_using_subcommand simulate" -l late -d 'Where timers fire at some time, and back-offs last some time: the earliest or the latest' -r -f -a "earliest\t''
latest\t''"
complete -c hoplint -n "__fish_hoplint_using_subcommand simulate" -l with -d 'Take a facet of a hop for this, such as edge.version=1.29.7; several may be given' -r
complete -c hoplint -n "__fish_hoplint_using_subcommand simulate" -l requests -d 'Run this many requests and say what they come to' -r
complete -c hoplint -n "__fish_hoplint_using_subcommand simulate" -l p50 -d 'Half of the answers are whole after this long (log-normal)' -r
complete -c hoplint -n "__fish_hoplint_using_subcommand simulate" -l p99 -d '99 of 100 answers are whole after this long' -r
complete -c hoplint -n "__fish_hoplint_using_subcommand simulate" -l first-p50 -d 'Stream: half of the first tokens come after this long' -r
complete -c hoplint -n "__fish_hoplint_using_subcommand simulate" -l first-p99 -d 'Stream: 99 of 100 first tokens come after this long' -r
complete -c hoplint -n "__fish_hoplint_using_subcommand simulate" -l samples -d 'Answers take as long as the lines of this file say: 12.5s, or bare numbers with :s or :ms behind the name' -r
complete -c hoplint -n "__fish_hoplint_using_subcommand simulate" -l error-rate -d 'Share of the provider\'s calls that meet this: 503=1%, reset=0.1%, refused, no-connection or never; several may be given' -r
complete -c hoplint -n "__fish_hoplint_using_subcommand simulate" -l seed -d 'The same seed draws the same requests' -r
complete -c hoplint -n "__fish_hoplint_using_subcommand simulate" -l replay -d 'Show the request of this number as a timeline' -r
complete -c hoplint -n "__fish_hoplint_using_subcommand simulate" -l compare -d 'Run the same requests through another chain file, too, or through the values that `hoplint plan` gives in the order inward or outward; several may be given' -r
complete -c hoplint -n "__fish_hoplint_using_subcommand simulate" -l price-input -d 'Price of a million input tokens, in any currency' -r
complete -c hoplint -n "__fish_hoplint_using_subcommand simulate" -l price-output -d 'Price of a million output tokens' -r
complete -c hoplint -n "__fish_hoplint_using_subcommand simulate" -l price-cached -d 'Price of a million input tokens that are read from the prompt cache' -r
complete -c hoplint -n "__fish_hoplint_using_subcommand simulate" -l format -d 'How to print the run' -r -f -a "text\t''
json\t''"
complete -c hoplint -n "__fish_hoplint_using_subcommand simulate" -l config -d 'Settings for all files, instead of the closest hoplint.toml above each' -r -F
complete -c hoplint -n "__fish_hoplint_using_subcommand simulate" -s j -l threads -d 'Threads to use; one per processor without it' -r
complete -c hoplint -n "__fish_hoplint_using_subcommand simulate" -l color -d 'Colours in the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t''
never\t''"
complete -c hoplint -n "__fish_hoplint_using_subcommand simulate" -l never -d 'The provider never answers'
complete -c hoplint -n "__fish_hoplint_using_subcommand simulate" -l streaming -d 'Ask for the answer as a stream'
complete -c hoplint -n "__fish_hoplint_using_subcommand simulate" -l buffered -d 'Ask for the answer as a whole'
complete -c hoplint -n "__fish_hoplint_using_subcommand simulate" -l fresh -d 'Each attempt takes another time; without it a long prompt stays long'
complete -c hoplint -n "__fish_hoplint_using_subcommand simulate" -l no-config -d 'Look for no hoplint.toml'
complete -c hoplint -n "__fish_hoplint_using_subcommand simulate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hoplint -n "__fish_hoplint_using_subcommand diagnose" -l status -d 'The status of the answer, as the caller saw it' -r
complete -c hoplint -n "__fish_hoplint_using_subcommand diagnose" -l after -d 'How long it took, as exactly as you know: 29s, 29.0s, 1m30s, 300000ms' -r
complete -c hoplint -n "__fish_hoplint_using_subcommand diagnose" -l body -d 'The body of the answer, or a piece of it; @FILE reads a file, - standard input' -r
complete -c hoplint -n "__fish_hoplint_using_subcommand diagnose" -l header -d 'A header of the answer, such as \'server: awselb/2.0\'; with --probe one of the request. Several may be given, @FILE reads them from a file' -r
complete -c hoplint -n "__fish_hoplint_using_subcommand diagnose" -l when -d 'When it happens' -r -f -a "always\t'Every time, or always at the same duration'
long-prompts\t'Only with long prompts or long answers'
peak\t'At peak hours'
intermittent\t'Now and then'
idle\t'On the first request after a pause'"
complete -c hoplint -n "__fish_hoplint_using_subcommand diagnose" -l exception -d 'The text of an exception, a traceback or a line of a log; @FILE reads a file, - standard input' -r
complete -c hoplint -n "__fish_hoplint_using_subcommand diagnose" -l at -d 'The hop that wrote it down, where it comes from that hop\'s log: it speaks of what that hop answered' -r
complete -c hoplint -n "__fish_hoplint_using_subcommand diagnose" -l format -d 'How to print the answer' -r -f -a "text\t''
json\t''"
complete -c hoplint -n "__fish_hoplint_using_subcommand diagnose" -l log -d 'Access logs to search for cliffs, gzip or plain; - is standard input. Repeat it, or put a comma between files' -r -F
complete -c hoplint -n "__fish_hoplint_using_subcommand diagnose" -l log-format -d 'The format of the logs: a name such as combined or envoy, a format as nginx, Apache, Envoy or HAProxy write it, or an nginx.conf with log_format lines; found out where it is not given' -r
complete -c hoplint -n "__fish_hoplint_using_subcommand diagnose" -l log-unit -d 'What durations without a unit count' -r -f -a "ns\t''
us\t''
ms\t''
s\t''"
complete -c hoplint -n "__fish_hoplint_using_subcommand diagnose" -l probe -d 'Send one real request to this address and say what ended it; nothing else of hoplint uses the network' -r
complete -c hoplint -n "__fish_hoplint_using_subcommand diagnose" -l method -d 'The method of the request; POST where there is --data' -r
complete -c hoplint -n "__fish_hoplint_using_subcommand diagnose" -l data -d 'The body of the request; @FILE reads a file, @- standard input' -r
complete -c hoplint -n "__fish_hoplint_using_subcommand diagnose" -l max -d 'Give up after this time' -r
complete -c hoplint -n "__fish_hoplint_using_subcommand diagnose" -l config -d 'Settings for all files, instead of the closest hoplint.toml above each' -r -F
complete -c hoplint -n "__fish_hoplint_using_subcommand diagnose" -s j -l threads -d 'Threads to use; one per processor without it' -r
complete -c hoplint -n "__fish_hoplint_using_subcommand diagnose" -l color -d 'Colours in the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t''
never\t''"
complete -c hoplint -n "__fish_hoplint_using_subcommand diagnose" -l no-chain -d 'Compare with every platform of the catalogue instead of a chain'
complete -c hoplint -n "__fish_hoplint_using_subcommand diagnose" -l streaming -d 'The answer was streamed'
complete -c hoplint -n "__fish_hoplint_using_subcommand diagnose" -l buffered -d 'The answer was not streamed'
complete -c hoplint -n "__fish_hoplint_using_subcommand diagnose" -l cut -d 'The answer had begun and broke off'
complete -c hoplint -n "__fish_hoplint_using_subcommand diagnose" -s v -l verbose -d 'Show every suspect in full'
complete -c hoplint -n "__fish_hoplint_using_subcommand diagnose" -l stream -d 'Ask for a stream of events'
complete -c hoplint -n "__fish_hoplint_using_subcommand diagnose" -l no-config -d 'Look for no hoplint.toml'
complete -c hoplint -n "__fish_hoplint_using_subcommand diagnose" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hoplint -n "__fish_hoplint_using_subcommand explain" -l color -d 'Colours in the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t''
never\t''"
complete -c hoplint -n "__fish_hoplint_using_subcommand explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hoplint -n "__fish_hoplint_using_subcommand rules" -l format -d 'How to print them' -r -f -a "text\t''
json\t''"
complete -c hoplint -n "__fish_hoplint_using_subcommand rules" -l color -d 'Colours in the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t''
never\t''"
complete -c hoplint -n "__fish_hoplint_using_subcommand rules" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hoplint -n "__fish_hoplint_using_subcommand platforms" -l role -d 'Only those that stand at this place of a chain' -r -f -a "client\t''
cdn\t''
gateway\t''
load-balancer\t''
l4\t''
proxy\t''
app-server\t''
function\t''
router\t''
model-server\t''
provider\t''"
complete -c hoplint -n "__fish_hoplint_using_subcommand platforms" -l format -d 'How to print them' -r -f -a "text\t''
json\t''"
complete -c hoplint -n "__fish_hoplint_using_subcommand platforms" -l color -d 'Colours in the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t''
never\t''"
complete -c hoplint -n "__fish_hoplint_using_subcommand platforms" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hoplint -n "__fish_hoplint_using_subcommand targets" -l templates -d 'Folders with targets of your own' -r -f -a "(__fish_complete_directories)"
complete -c hoplint -n "__fish_hoplint_using_subcommand targets" -l color -d 'Colours in the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t''
never\t''"
complete -c hoplint -n "__fish_hoplint_using_subcommand targets" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hoplint -n "__fish_hoplint_using_subcommand init" -l preset -d 'Which chain to begin with' -r -f -a "openai-nginx-fastapi\t''
aws-apigw-lambda-bedrock\t''
cloudflare-alb-litellm\t''
kubernetes-ingress-vllm\t''
vercel-ai\t''"
complete -c hoplint -n "__fish_hoplint_using_subcommand init" -l out -d 'The file to write; - is standard output' -r -F
complete -c hoplint -n "__fish_hoplint_using_subcommand init" -l color -d 'Colours in the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t''
never\t''"
complete -c hoplint -n "__fish_hoplint_using_subcommand init" -l force -d 'Write over a file that exists'
complete -c hoplint -n "__fish_hoplint_using_subcommand init" -l list -d 'Print what there is to begin with'
complete -c hoplint -n "__fish_hoplint_using_subcommand init" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hoplint -n "__fish_hoplint_using_subcommand baseline" -l out -d 'The file to write' -r -F
complete -c hoplint -n "__fish_hoplint_using_subcommand baseline" -l config -d 'Settings for all files, instead of the closest hoplint.toml above each' -r -F
complete -c hoplint -n "__fish_hoplint_using_subcommand baseline" -s j -l threads -d 'Threads to use; one per processor without it' -r
complete -c hoplint -n "__fish_hoplint_using_subcommand baseline" -l color -d 'Colours in the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t''
never\t''"
complete -c hoplint -n "__fish_hoplint_using_subcommand baseline" -l prune -d 'Only take out of an existing file what is not found any more'
complete -c hoplint -n "__fish_hoplint_using_subcommand baseline" -l no-config -d 'Look for no hoplint.toml'
complete -c hoplint -n "__fish_hoplint_using_subcommand baseline" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hoplint -n "__fish_hoplint_using_subcommand schema" -l color -d 'Colours in the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t''
never\t''"
complete -c hoplint -n "__fish_hoplint_using_subcommand schema" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hoplint -n "__fish_hoplint_using_subcommand lsp" -l color -d 'Colours in the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t''
never\t''"
complete -c hoplint -n "__fish_hoplint_using_subcommand lsp" -l stdio -d 'Talk over standard input and output, which it always does; many editors say so'
complete -c hoplint -n "__fish_hoplint_using_subcommand lsp" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hoplint -n "__fish_hoplint_using_subcommand completions" -l color -d 'Colours in the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t''
never\t''"
complete -c hoplint -n "__fish_hoplint_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hoplint -n "__fish_hoplint_using_subcommand man" -l color -d 'Colours in the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t''
never\t''"
complete -c hoplint -n "__fish_hoplint_using_subcommand man" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hoplint -n "__fish_hoplint_using_subcommand help; and not __fish_seen_subcommand_from check generate import plan show simulate diagnose explain rules platforms targets init baseline schema lsp completions man help" -f -a "check" -d 'Check chain files'
complete -c hoplint -n "__fish_hoplint_using_subcommand help; and not __fish_seen_subcommand_from check generate import plan show simulate diagnose explain rules platforms targets init baseline schema lsp completions man help" -f -a "generate" -d 'Write the configuration of a chain\'s hops'
complete -c hoplint -n "__fish_hoplint_using_subcommand help; and not __fish_seen_subcommand_from check generate import plan show simulate diagnose explain rules platforms targets init baseline schema lsp completions man help" -f -a "import" -d 'Write a chain file from deployed configuration'
complete -c hoplint -n "__fish_hoplint_using_subcommand help; and not __fish_seen_subcommand_from check generate import plan show simulate diagnose explain rules platforms targets init baseline schema lsp completions man help" -f -a "plan" -d 'Find values that make whole chains agree'
complete -c hoplint -n "__fish_hoplint_using_subcommand help; and not __fish_seen_subcommand_from check generate import plan show simulate diagnose explain rules platforms targets init baseline schema lsp completions man help" -f -a "show" -d 'Show whole chains at a glance'
complete -c hoplint -n "__fish_hoplint_using_subcommand help; and not __fish_seen_subcommand_from check generate import plan show simulate diagnose explain rules platforms targets init baseline schema lsp completions man help" -f -a "simulate" -d 'Run a request through chains'
complete -c hoplint -n "__fish_hoplint_using_subcommand help; and not __fish_seen_subcommand_from check generate import plan show simulate diagnose explain rules platforms targets init baseline schema lsp completions man help" -f -a "diagnose" -d 'Find the timer that ended a request'
complete -c hoplint -n "__fish_hoplint_using_subcommand help; and not __fish_seen_subcommand_from check generate import plan show simulate diagnose explain rules platforms targets init baseline schema lsp completions man help" -f -a "explain" -d 'Explain a rule, a platform or a timer'
complete -c hoplint -n "__fish_hoplint_using_subcommand help; and not __fish_seen_subcommand_from check generate import plan show simulate diagnose explain rules platforms targets init baseline schema lsp completions man help" -f -a "rules" -d 'List the rules'
complete -c hoplint -n "__fish_hoplint_using_subcommand help; and not __fish_seen_subcommand_from check generate import plan show simulate diagnose explain rules platforms targets init baseline schema lsp completions man help" -f -a "platforms" -d 'List the platforms that hoplint knows'
complete -c hoplint -n "__fish_hoplint_using_subcommand help; and not __fish_seen_subcommand_from check generate import plan show simulate diagnose explain rules platforms targets init baseline schema lsp completions man help" -f -a "targets" -d 'List what `hoplint generate` can write'
complete -c hoplint -n "__fish_hoplint_using_subcommand help; and not __fish_seen_subcommand_from check generate import plan show simulate diagnose explain rules platforms targets init baseline schema lsp completions man help" -f -a "init" -d 'Write a first chain file'
complete -c hoplint -n "__fish_hoplint_using_subcommand help; and not __fish_seen_subcommand_from check generate import plan show simulate diagnose explain rules platforms targets init baseline schema lsp completions man help" -f -a "baseline" -d 'Accept the findings of today'
complete -c hoplint -n "__fish_hoplint_using_subcommand help; and not __fish_seen_subcommand_from check generate import plan show simulate diagnose explain rules platforms targets init baseline schema lsp completions man help" -f -a "schema" -d 'Print a JSON Schema'
complete -c hoplint -n "__fish_hoplint_using_subcommand help; and not __fish_seen_subcommand_from check generate import plan show simulate diagnose explain rules platforms targets init baseline schema lsp completions man help" -f -a "lsp" -d 'Serve editors (Language Server Protocol over standard input and output)'
complete -c hoplint -n "__fish_hoplint_using_subcommand help; and not __fish_seen_subcommand_from check generate import plan show simulate diagnose explain rules platforms targets init baseline schema lsp completions man help" -f -a "completions" -d 'Print completions for a shell'
complete -c hoplint -n "__fish_hoplint_using_subcommand help; and not __fish_seen_subcommand_from check generate import plan show simulate diagnose explain rules platforms targets init baseline schema lsp completions man help" -f -a "man" -d 'Print a manual page'
complete -c hoplint -n "__fish_hoplint_using_subcommand help; and not __fish_seen_subcommand_from check generate import plan show simulate diagnose explain rules platforms targets init baseline schema lsp completions man help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
