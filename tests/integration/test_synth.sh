#!/bin/sh
# SPDX-License-Identifier: MIT
# fgr synth: the report, the same bytes again, and what it refuses.
# shellcheck source=tests/integration/check.sh
. "$(dirname "$0")/check.sh"

run synth --nodes 400 --channels 1200 --seed 7 -o one.fgr
is 0 "a network"
holds "the report has its counts" sh -c 'grep -q "^nodes  *400$" out && grep -q "^channels  *1,200$" out'
holds "no colours in a file" has_no_escape out
holds "nothing on standard error" is_empty err
run synth --seed 7 --channels 1200 --nodes 400 -o two.fgr --json
is 0 "the same again, as JSON"
same "one seed, the same bytes" one.fgr two.fgr
holds "the JSON report" python3 -c '
import json, os
report = json.load(open("out"))
assert report["nodes"] == 400 and report["channels"] == 1200 and report["seed"] == 7
assert report["enabled"] + report["disabled"] + report["missing"] == 2400
assert report["image_bytes"] == os.path.getsize("one.fgr")'
"$fgr" synth --nodes 400 --channels 1200 --seed 7 -o - >three.fgr 2>err
same "the image through standard output" one.fgr three.fgr
holds "the report on standard error then" grep -q '^nodes  *400$' err
run synth --nodes 400 --channels 1200 --seed 8 -o other.fgr
holds "another seed, other bytes" sh -c '! cmp -s one.fgr other.fgr'
run info one.fgr
is 0 "info reads it"

some="--nodes 400 --channels 1200"
# shellcheck disable=SC2086  # lists of words
{
    fails 2 "no seed" "--seed is missing" synth $some -o x.fgr
    fails 2 "no nodes" "--nodes is missing" synth --channels 3 --seed 1 -o x.fgr
    fails 2 "no channels" "--channels is missing" synth --nodes 3 --seed 1 -o x.fgr
    fails 2 "no output" "-o G.fgr is missing" synth $some --seed 1
    fails 2 "an argument" "no argument is expected" synth $some --seed 1 -o x.fgr y
    fails 2 "seed is no number" "--seed 'abc' is not a whole number" synth $some --seed abc -o x.fgr
    fails 2 "a negative seed" "--seed '-1' is not a whole number" synth $some --seed=-1 -o x.fgr
    fails 2 "one node" "--nodes 1 is out of range" synth --nodes 1 --channels 9 --seed 1 -o x.fgr
    fails 2 "too few channels" "at least 200" synth --nodes 400 --channels 199 --seed 1 -o x.fgr
    fails 2 "too many channels" "out of range" synth --nodes 9 --channels 1000000000 --seed 1 -o x.fgr
    fails 3 "no such folder" "gone" synth $some --seed 1 -o gone/x.fgr
}
holds "nothing left behind" sh -c '! ls | grep -q "^x.fgr"'
if [ -w /dev/full ]; then
    "$fgr" synth --nodes 400 --channels 1200 --seed 7 -o - >/dev/full 2>err
    status=$?
    is 3 "standard output is full"
else
    skip "standard output is full" "no /dev/full"
fi
