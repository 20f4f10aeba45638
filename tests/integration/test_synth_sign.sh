#!/bin/sh
# SPDX-License-Identifier: MIT
# fgr synth --sign: what is signed is proven, is the network of the image, and is the same again.
# shellcheck source=tests/integration/check.sh
. "$(dirname "$0")/check.sh"

some="--nodes 60 --channels 200 --seed 7"
# shellcheck disable=SC2086  # lists of words
run synth $some --sign -o store --json
is 0 "a signed network"
holds "nothing on standard error" is_empty err
holds "its report" python3 -c '
import json, os
report = json.load(open("out"))
assert report["seed"] == 7 and report["nodes"] == 60 and report["channel_announcements"] == 200
assert 0 < report["node_announcements"] <= 60 and 200 < report["channel_updates"] < 400
assert 0 < report["disabled"] < report["channel_updates"]
assert report["signatures"] == 800 + report["node_announcements"] + report["channel_updates"]
assert report["store_bytes"] == os.path.getsize("store")'
cp out report
run gossip verify store --json
is 0 "every message is proven"
holds "and counted as reported" python3 -c '
import json
report, proof = json.load(open("report")), json.load(open("out"))
for key in "channel_announcements", "node_announcements", "channel_updates", "signatures":
    assert report[key] == proof[key], key
assert proof["format"] == "gossip_store" and proof["proven"] == proof["messages"]'

run import store -o imported.fgr
is 0 "import reads it"
# shellcheck disable=SC2086
run synth $some -o image.fgr
same "and makes the image of the same network" imported.fgr image.fgr

for threads in 1 2 5; do
    # shellcheck disable=SC2086
    run synth $some --sign -o again --threads $threads
    same "threads: $threads" store again
done
holds "the report for people" grep -q '^channel_announcement  *200$' out
# shellcheck disable=SC2086
"$fgr" synth $some --sign -o - >again 2>err
same "through standard output" store again
holds "the report on standard error then" grep -q '^channel_announcement  *200$' err
run synth --nodes 60 --channels 200 --seed 8 --sign -o other
holds "another seed, other bytes" sh -c '! cmp -s store other'
run synth --nodes 2 --channels 1 --seed 1 --sign -o least
run gossip verify least
is 0 "the least network"

# flipped WHAT RECORD BIT PATTERN: that record, and no other, does not hold. Record 0 is the identity
# of the store, 1 the first announcement, 2 its capacity.
flipped() {
    python3 "$here/flip.py" store flipped "$2" "$3"
    run gossip verify flipped
    is 3 "$1: not all proven"
    grep '^record' out >bad_lines
    holds "$1: one message" is_one_line bad_lines
    holds "$1: named" grep -qxE "record $2 at byte [0-9]+: $4" bad_lines
}
wrong="is not by the key over these bytes"
flipped "a signature of an announcement" 1 "$(((2 + 3 * 64 + 63) * 8))" \
    "channel_announcement [0-9x]+: bitcoin_signature_2 $wrong"
flipped "what all four sign" 1 "$(((2 + 256 + 2 + 5) * 8 + 3))" \
    "channel_announcement [0-9x]+: node_signature_1 $wrong; node_signature_2 $wrong; \
bitcoin_signature_1 $wrong; bitcoin_signature_2 $wrong"
flipped "a signature of an update" 3 "$(((2 + 10) * 8))" "channel_update [0-9x]+: signature $wrong"
flipped "the last byte of an update" 3 "$((137 * 8 + 7))" "channel_update [0-9x]+: signature $wrong"
last=$(python3 -c '
import json
report = json.load(open("report"))
print(2 * 200 + report["channel_updates"] + report["node_announcements"])')
flipped "a letter of the last alias" "$last" "$(((2 + 64 + 2 + 8 + 4 + 33 + 3) * 8 + 1))" \
    "node_announcement [0-9a-f]+: signature $wrong"

# shellcheck disable=SC2086
{
    fails 2 "no thread" "--threads 0 is out of range" synth $some --sign -o x --threads 0
    fails 2 "--sign has no value" "--sign" synth $some --sign=x -o x
    fails 2 "too few channels" "at least 200" synth --nodes 400 --channels 199 --seed 1 --sign -o x
    fails 3 "no such folder" "gone" synth $some --sign -o gone/x
    fails 3 "a folder" "it is a directory" synth $some --sign -o .
}
holds "nothing left behind" sh -c '! ls -A | grep -qE "^x|[.]tmp$"'
if [ -w /dev/full ]; then
    # shellcheck disable=SC2086
    "$fgr" synth $some --sign -o - >/dev/full 2>err
    status=$?
    is 3 "standard output is full"
else
    skip "standard output is full" "no /dev/full"
fi
if command -v script >/dev/null; then
    script -qec "$fgr synth $some --sign -o x >/dev/null" typescript >/dev/null 2>&1 </dev/null
    holds "a bar on a terminal" grep -qE '\[[#-]{30}\] +[0-9]+ %' typescript
    script -qec "$fgr synth $some --sign -o -" typescript >/dev/null 2>&1 </dev/null
    holds "no bytes to a terminal" grep -q "a gossip_store is no text for a terminal" typescript
else
    skip "a bar on a terminal" "no script"
fi
