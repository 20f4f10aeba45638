#!/bin/sh
# SPDX-License-Identifier: MIT
# The grammar: help, versions, unknown commands, missing and superfluous arguments, closed streams.
# shellcheck source=tests/integration/check.sh
. "$(dirname "$0")/check.sh"
python3 "$here/network.py"

run help
is 0 "fgr help"
cp out help
run --help
same "fgr --help is fgr help" out help
run help help
same "fgr help help is fgr help" out help
run
is 2 "fgr alone is a usage error"
same "fgr alone shows the help on standard error" err help
run --version
holds "fgr --version" grep -qE '^fgr \(fulgurite\) [0-9]+\.[0-9]+\.[0-9]+$' out
for command in import info route split capacity batch synth; do
    run $command --help
    is 0 "$command --help"
    cp out help
    holds "$command --help has its usage" grep -q "^Usage: fgr $command " help
    holds "$command --help has an example" grep -q "^  .*fgr $command " help
    holds "$command --help fits 80 columns" sh -c '! grep -E "^.{81}" help'
    holds "$command has --json" grep -qE '^ +--json ' help
    run help $command
    same "help $command is $command --help" out help
    run $command --version
    holds "$command --version" grep -qE "^fgr-$command \\(fulgurite\\) [0-9.]+\$" out
    way_out="; see 'fgr $command --help'"
    fails 2 "$command with an unknown option" "unknown option '--nonsense'$way_out" \
        $command --nonsense=1
    fails 2 "$command with an unknown letter" "unknown option '-Z'$way_out" $command x -Zx
    fails 2 "$command with escapes in an option" "unknown option '--\\x1b[31m'$way_out" \
        $command "--$(printf '\033[31m')"
    fails 2 "$command with a misspelt option" "unknown option '--jsn': the nearest is '--json'$way_out" \
        $command --jsn
    fails 2 "$command with a value too many" "--json takes no value$way_out" $command --json=yes
    fails 2 "$command with a negative argument" "'-5sat' is negative$way_out" $command -5sat
    holds "fgr help lists $command" sh -c "'$fgr' help | grep -q '^  $command '"
done

fails 2 "unknown command" "'rout' is not a command: did you mean 'route'?" rout
fails 2 "unknown command, one letter" "did you mean 'info'?" inf
fails 2 "unknown command, far from any" "'frobnicate' is not a command: see 'fgr help'" frobnicate
fails 2 "unknown command with control characters" "'\\x1b[31m'" "$(printf '\033[31m')"
fails 2 "unknown command in help" "did you mean 'batch'?" help bach
fails 2 "option before the command" "unknown option '--json': options stand behind the command" \
    --json route
fails 2 "short form of several options" \
    "'--max' begins several options: --max-fee, --max-cltv, --max-hops; see" route --max 5
fails 2 "long option without its value" "--output needs a value: G.fgr; see" import small.json --output
fails 2 "short option without its value" "--output needs a value: G.fgr; see" import small.json -o
fails 2 "import without arguments" "one FILE is needed, 0 given" import
fails 2 "import without -o" "-o G.fgr is missing" import small.json
fails 2 "import of two files" "one FILE is needed, 2 given" import small.json nodes.csv -o x.fgr
fails 2 "info without arguments" "G.fgr is missing" info
fails 2 "info of two files" "one G.fgr is needed, 2 given" info a b
fails 2 "route without arguments" "FROM, TO and AMOUNT are needed, 0 given" route
fails 2 "route with two" "FROM, TO and AMOUNT are needed, 2 given" route -g x.fgr a b
fails 2 "route with four" "FROM, TO and AMOUNT are needed, 4 given" route -g x.fgr a b 1sat c
fails 2 "route with the image as an argument" "-g G.fgr is missing: the image is no argument" \
    route x.fgr a b 1sat
fails 2 "split without arguments" "FROM, TO and AMOUNT are needed, 0 given" split
fails 2 "split with the image as an argument" "-g G.fgr is missing: the image is no argument" \
    split x.fgr a b 1sat
fails 2 "split without -g" "-g G.fgr is missing" split a b 1sat
fails 2 "capacity with an amount" "FROM and TO are needed, 3 given" capacity -g x.fgr a b 1sat
fails 2 "capacity with the image as an argument" "-g G.fgr is missing: the image is no argument" \
    capacity x.fgr a b
fails 2 "capacity without -g" "-g G.fgr is missing" capacity a b
fails 2 "batch with the image as an argument" "-g G.fgr is missing: the image is no argument" \
    batch x.fgr q.csv
fails 2 "route without -g" "-g G.fgr is missing" route a b 1sat
fails 2 "batch without arguments" "one QUERIES.csv is needed, 0 given" batch
fails 2 "batch without -g" "-g G.fgr is missing" batch q.csv
fails 2 "batch with an unknown mode" "--mode 'pairs' is unknown: use route or split" \
    batch -g x.fgr q.csv --mode pairs
fails 2 "batch with 0 threads" "--threads 0 is out of range" batch -g x.fgr q.csv --threads 0
fails 2 "batch with both on standard input" "only one of" batch -g - -

# Standard output that takes nothing: one line, status 3, no signal.
run import small.json -o small.fgr
is 0 "small network imported"
printf 'id,from,to,amount_msat\n1,alpha,gamma,5000\n' >q.csv
# speechless NAME ARGUMENT...: output to a full disk, and to a closed descriptor
speechless() {
    name=$1
    shift
    status=0
    "$fgr" "$@" >/dev/full 2>err || status=$?
    is 3 "$name, disk full"
    holds "$name, disk full: says so" grep -q 'cannot write standard output: No space left' err
    holds "$name, disk full: one line" is_one_line err
    status=0
    "$fgr" "$@" >&- 2>err || status=$?
    is 3 "$name, output closed"
    holds "$name, output closed: says so" grep -q 'cannot write standard output' err
    holds "$name, output closed: one line" is_one_line err
}
speechless help help
speechless "route --help" route --help
speechless info info small.fgr
speechless "info --json" info small.fgr --json
speechless route route -g small.fgr alpha gamma 5sat
speechless "route --json" route -g small.fgr alpha gamma 5sat --json
speechless split split -g small.fgr alpha gamma 900000sat
speechless "split --json" split -g small.fgr alpha gamma 900000sat --json
speechless capacity capacity -g small.fgr alpha gamma
speechless "capacity --json" capacity -g small.fgr alpha gamma --json
speechless batch batch -g small.fgr q.csv
speechless "import -o -" import small.json -o -
speechless "synth -o -" synth --nodes 40 --channels 120 --seed 7 -o -
speechless import import small.json -o again.fgr
same "the image is written all the same" small.fgr again.fgr

# A reader that goes away: fgr dies of no signal.
awk 'BEGIN { print "id,from,to,amount_msat"; for (i = 0; i < 20000; i++) print i ",alpha,gamma,5000" }' >many.csv
{
    status=0
    "$fgr" batch -g small.fgr many.csv 2>err || status=$?
    echo $status >status
} | head -n 1 >out
status=$(cat status)
is 3 "batch into head -n 1"
holds "batch into head: broken pipe" grep -q 'fgr batch: cannot write standard output: Broken pipe' err
holds "batch into head: one line" is_one_line err
holds "batch into head: the line that was read" python3 "$here/answers.py" out 1
