#!/bin/sh
# SPDX-License-Identifier: MIT
# fgr capacity: how much, and what stops the rest; both proofs are checked against the policies of the
# snapshot.
# shellcheck source=tests/integration/check.sh
. "$(dirname "$0")/check.sh"
python3 "$here/network.py"
python3 "$here/mesh.py"
run import small.json -o small.fgr
is 0 "small network imported"
run import mesh.json -o mesh.fgr
is 0 "random network imported"

run capacity -g small.fgr alpha gamma
is 0 "two ways"
holds "the header has the amount" grep -qE '^up to 1,09[0-9],[0-9]{3}(\.[0-9]{3})? sat$' out
holds "the header has both ends" sh -c 'grep -q "^from .* alpha$" out && grep -q "^to .* gamma$" out'
holds "how it is delivered" grep -qE '^delivered +1,09[0-9.,]+ sat, in [0-9]+ parts on 2 ways$' out
holds "never more" grep -qx 'never more   than 1,100,000 sat' out
holds "with a probability" sh -c 'grep -qE "^at 50% +[0-9.,]+ sat, in [0-9]+ parts? for [0-9.,]+ sat$" out &&
    grep -q "^at 90%  " out && grep -q "^at 99%  " out'
holds "for a fee" grep -qE '^at 1% fee +[0-9.,]+ sat, in' out
holds "what limits it" grep -qx 'limited by   2 channels: all that leave the source' out
holds "the channels" grep -qE '^700001x1x0/[01] +alpha +beta +1,000,000$' out
holds "the channels, by capacity" sh -c 'tail -n 1 out | grep -qE "^700003x1x0/[01] +alpha +gamma +100,000$"'
holds "no colours in a file" has_no_escape out
holds "nothing on standard error" is_empty err
run capacity -g small.fgr alpha 025cbdf0
holds "control characters are escaped" grep -qF '\x1b[31m\x0a\xe2\x80\xae' out
holds "none is left" has_no_escape out
holds "one channel" grep -qE '^limited by   1 channel: all that' out

for from in 0 1 2 3 4 5 6 7; do
    for to in 8 9 10 11 12 13; do
        "$fgr" capacity -g mesh.fgr "node $from" "node $to" --json
    done
done >out 2>err
holds "48 pairs: both proofs" python3 "$here/recheck_capacity.py" mesh.json out
holds "48 pairs: little lies between" python3 "$here/field.py" out \
    'sum(x["at_least_msat"] > 0.9 * x["at_most_msat"] for x in a) > 40 and len(a) == 48'
"$fgr" capacity -g mesh.fgr "node 0" "node 8" --json | sed 's/"elapsed_ns":[0-9]*//' >first
"$fgr" capacity -g mesh.fgr "node 0" "node 8" --json | sed 's/"elapsed_ns":[0-9]*//' >second
same "the same bytes each time" first second
# What can be delivered fgr split delivers, and no more than that.
run capacity -g small.fgr alpha gamma --json
is 0 "JSON"
least=$(sed 's/.*"at_least_msat":\([0-9]*\).*/\1/' out)
run split -g small.fgr alpha gamma $((least - least / 100))msat
is 0 "99 % of it in parts"
run split -g small.fgr alpha gamma 1100001sat --min-part 1msat
is 1 "and no more"

# What is said to be likely enough is so in parts, and more is not.
run capacity -g mesh.fgr "node 0" "node 8" --json
is 0 "goals"
holds "goals: four" python3 "$here/field.py" out \
    '[goal["wanted_ppm"] for goal in a[0]["goals"]] == [500000, 900000, 990000, 10000] and
    all(0 < g["at_least_msat"] < (g["not_at_msat"] or 1e18) <= a[0]["at_most_msat"] or
        not g["not_at_msat"] for g in a[0]["goals"]) and
    all(g["probability"] >= g["wanted_ppm"] / 1e6 and
        g["not_at_msat"] < 1.02 * g["at_least_msat"] for g in a[0]["goals"][:3])'
goal=0
for percent in 50 90 99; do
    at=$(python3 "$here/field.py" out 'print(a[0]["goals"]['$goal']["at_least_msat"]) or True')
    "$fgr" split -g mesh.fgr "node 0" "node 8" "${at}msat" --most-likely --max-fee 100% --json >parts
    holds "at $percent%: in parts" python3 "$here/field.py" parts \
        'a[0]["status"] == "ok" and a[0]["probability"] >= '0.$percent
    goal=$((goal + 1))
done
at=$(python3 "$here/field.py" out 'print(a[0]["goals"][3]["at_least_msat"]) or True')
run split -g mesh.fgr "node 0" "node 8" "${at}msat" --max-fee 1%
is 0 "at 1% fee: in parts"
run capacity -g small.fgr gamma lonely --json
holds "nothing at all has no goals" python3 "$here/field.py" out 'a[0]["goals"] == []'

run capacity -g small.fgr alpha lonely --json
is 1 "a destination without enabled channels"
holds "its reason" python3 "$here/field.py" out \
    'a[0]["status"] == "no_route" and a[0]["reason"]["code"] == "no_channel_in"'
holds "no_route as JSON is silent on standard error" is_empty err
fails 1 "a destination without enabled channels: in words" \
    "no route: The destination has no enabled channel to receive over." \
    capacity -g small.fgr alpha lonely
fails 1 "from a node to itself" "no route: Source and destination are the same node." \
    capacity -g small.fgr alpha alpha
fails 3 "to nobody" "no node has the alias 'nobody'" capacity -g small.fgr alpha nobody
run capacity -g small.fgr alpha nobody --json
is 3 "an unknown node as JSON"
holds "an unknown node: status error" python3 "$here/field.py" out \
    'a[0]["status"] == "error" and a[0]["reason"]["code"] == "unknown_node"'

mainnet=$shared/mainnet-2026-02-03.describegraph.json.zst
if [ -e "$mainnet" ]; then
    zstd -dq "$mainnet" -o mainnet.json
    run import mainnet.json -o mainnet.fgr
    is 0 "mainnet imported"
    "$fgr" capacity -g mainnet.fgr 03864ef025fde8fb 02f1a8c87607f415 --json >out
    "$fgr" capacity -g mainnet.fgr 02f1a8c87607f415 033d865621947870 --json >>out
    holds "mainnet: both proofs" python3 "$here/recheck_capacity.py" mainnet.json out
    run capacity -g mainnet.fgr 03864ef025fde8fb 02f1a8c87607f415
    is 0 "mainnet in words"
    holds "mainnet: not more of the cut than can be read" sh -c '! sed -n 29p out | grep -q .'
    holds "mainnet: but its size" grep -qE '^[0-9,]+ more ' out
else
    skip "mainnet" "not here"
fi
