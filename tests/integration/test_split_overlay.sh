#!/bin/sh
# SPDX-License-Identifier: MIT
# fgr split, fgr capacity and fgr batch --mode split with --overlay: every answer is worked out again
# from the policies of the snapshot and what the overlay says of them.
# shellcheck source=tests/integration/check.sh
. "$(dirname "$0")/check.sh"
python3 "$here/network.py"
python3 "$here/mesh.py"
run import small.json -o small.fgr
is 0 "small network imported"
run import mesh.json -o mesh.fgr
is 0 "random network imported"
beta=02c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5
gamma=02f9308a019258c31049344f85f89d5229b531c845836f99b08601f113bce036f9
alpha=0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798
new=03774ae7f858a9411e5ef4246b70c65aac5649980be5c17891bbec17895da008cb

# overlay FILE STATEMENT
overlay() {
    printf '{"overlay": [%s]}\n' "$2" >"$1"
}
# recheck NAME GRAPH OVERLAY COUNTS: the answers in the file out
recheck() {
    holds "$1: worked out again" python3 "$here/recheck.py" "$2" out "$3"
    cp holds.out counted
    holds "$1: $4" grep -qE "$4" counted
}

# Exact balances: more than one channel holds goes over both, and both are certain.
to_beta=$(python3 -c "print(int('$alpha' > '$beta'))")
to_gamma=$(python3 -c "print(int('$alpha' > '$gamma'))")
own="{\"balance\": {\"scid\": \"700001x1x0\", \"direction\": $to_beta, \"balance_msat\": 300000000}},
     {\"balance\": {\"scid\": \"700003x1x0\", \"direction\": $to_gamma, \"balance_msat\": 80000000}}"
overlay own.json "$own"
run split -g small.fgr alpha gamma 350000sat --overlay own.json --json
is 0 "own balances"
holds "own balances: an answer" python3 "$here/answers.py" out 1
recheck "own balances" small.json own.json "several 1"
run split -g small.fgr alpha gamma 350000sat --overlay own.json
is 0 "own balances as a table"
holds "own balances: both parts" grep -qx '350,000 sat in 2 parts' out
run split -g small.fgr alpha gamma 50000sat --overlay own.json --max-parts 1 --json
sed 's/"rounding_msat":0,//; s/"stats".*//' out >parts
run route -g small.fgr alpha gamma 50000sat --overlay own.json --json
sed 's/"stats".*//' out >path
same "one part is the route" path parts

# More than the sender owns: no part of it is sent, and the reason is told.
run split -g small.fgr alpha gamma 400000sat --overlay own.json --json --explain
is 1 "more than the sender owns"
holds "more than the sender owns: an answer" python3 "$here/answers.py" out 1
holds "more than the sender owns: the reason" python3 "$here/field.py" out \
    '[a[0]["reason"][k] for k in ("code", "at_most_msat", "proven")]
     == ["amount_above_capacity", 380000000, True] and a[0]["parts"] == [] and
     {c["scid"]: c["max_msat"] for c in a[0]["reason"]["cut"]}
     == {"700001x1x0": 300000000, "700003x1x0": 80000000}'
fails 1 "more than the sender owns: in words" \
    "the 2 channels out of the source can send 380,000 sat in all" \
    split -g small.fgr alpha gamma 400000sat --overlay own.json
run split -g small.fgr alpha gamma 400000sat --overlay own.json --explain
holds "more than the sender owns: the cut" sh -c \
    'grep -qE "^channel .* can send sat$" out && grep -qE "^700001x1x0/[01] +alpha +beta +300,000$" out'
overlay nothing.json "{\"balance\": {\"node\": \"$alpha\", \"balance_msat\": 0}}"
run split -g small.fgr alpha gamma 1sat --overlay nothing.json --json
is 1 "nothing is owned"
holds "nothing is owned: the reason" python3 "$here/field.py" out \
    'a[0]["reason"]["code"] == "no_channel_out" and a[0]["reason"]["proven"]'

# Channels and nodes of the overlay.
overlay hint.json "$own, {\"channel\": {\"scid\": \"16000000x7x1\", \"from\": \"$gamma\", \"to\": \"$new\",
    \"base_msat\": 500, \"ppm\": 0, \"cltv_delta\": 10, \"htlc_max_msat\": 190000000}},
    {\"channel\": {\"scid\": \"16000000x8x1\", \"from\": \"$beta\", \"to\": \"$new\",
    \"base_msat\": 0, \"ppm\": 900, \"cltv_delta\": 10, \"htlc_max_msat\": 190000000}}"
run split -g small.fgr alpha $new 260000sat --overlay hint.json --json
is 0 "over two route hints"
holds "over two route hints: an answer" python3 "$here/answers.py" out 1
recheck "over two route hints" small.json hint.json "several 1"
holds "over two route hints: they are named" python3 "$here/field.py" out \
    "{p['hops'][-1]['scid'] for p in a[0]['parts']} == {'16000000x7x1', '16000000x8x1'} and
     all(p['hops'][-1]['to'] == '$new' for p in a[0]['parts'])"
run split -g small.fgr alpha $new 260000sat --overlay hint.json
holds "over two route hints: as a table" grep -qE '^to +03774ae7f858a941' out
run split -g small.fgr alpha $new 300000sat --overlay hint.json --mpp --json
holds "over two route hints: MPP" python3 "$here/field.py" out \
    'a[0]["mpp"]["total_msat"] == 300000000 and len(a[0]["parts"]) > 1'
fails 1 "more than the hints take" "into the destination can send 380,000 sat in all" \
    split -g small.fgr alpha $new 380001sat --overlay hint.json
run capacity -g small.fgr alpha $new --overlay hint.json --json
is 0 "capacity over two route hints"
holds "capacity over two route hints: the cut is the sender's" python3 "$here/field.py" out \
    'a[0]["at_most_msat"] == 380000000 and a[0]["at_least_msat"] > 375000000'
overlay full.json "$own, {\"channel\": {\"scid\": \"16000000x7x1\", \"from\": \"$gamma\",
    \"to\": \"$new\", \"base_msat\": 500, \"ppm\": 0, \"cltv_delta\": 10, \"htlc_max_msat\": 90000000}}"
run capacity -g small.fgr alpha $new --overlay full.json --json
holds "capacity over one: a hint has no capacity" python3 "$here/field.py" out \
    'a[0]["cut_at"] == "destination" and a[0]["cut"] == [{"scid": "16000000x7x1", "direction": 0,
     "from": a[0]["cut"][0]["from"], "to": a[0]["to"], "capacity_sat": None, "max_msat": 90000000}]'
run capacity -g small.fgr alpha gamma --overlay own.json
is 0 "capacity as a table"
holds "capacity as a table: what can be sent" sh -c \
    'grep -qx "never more   than 380,000 sat" out && grep -qE " can send sat$" out'
overlay ban.json "{\"ban\": {\"from\": \"$alpha\", \"to\": \"$beta\"}},
    {\"ban\": {\"scid\": \"700003x1x0\"}}"
fails 1 "capacity: bans" "no route: " capacity -g small.fgr alpha gamma --overlay ban.json
fails 3 "capacity: a file that is not there" "nowhere.json" \
    capacity -g small.fgr alpha gamma --overlay nowhere.json
fails 3 "a file that is not there" "nowhere.json" \
    split -g small.fgr alpha gamma 1sat --overlay nowhere.json
overlay bad.json '{"ban": {"colour": 1}}'
fails 3 "a file that is no overlay" "bad.json: overlay[0].ban" \
    split -g small.fgr alpha gamma 1sat --overlay bad.json
fails 2 "both through standard input" "only one" split -g - alpha gamma 1sat --overlay -

# Everything at once on the random network: knowledge, biases and bans here and there.
python3 - <<'END'
import json, random
draw = random.Random(5)
edges = json.load(open("mesh.json"))["edges"]
said = []
for edge in edges:
    number = int(edge["channel_id"])
    key = {"scid": f"{number >> 40}x{number >> 16 & 0xffffff}x{number & 0xffff}"}
    for direction in (0, 1):
        if edge[f"node{direction + 1}_policy"]["disabled"]:
            continue
        at, most = {**key, "direction": direction}, 1000 * int(edge["capacity"])
        kind = draw.randrange(8)
        if kind == 0:
            said.append({"balance": {**at, "balance_msat": draw.randrange(most)}})
        elif kind == 1:
            low, high = sorted((draw.randrange(most), draw.randrange(most)))
            said.append({"knowledge": {**at, "min_msat": low, "max_msat": high}})
        elif kind == 2:
            said.append({"bias": {**at, "bias_msat": draw.randrange(-9999, 9999)}})
        elif kind == 3:
            said.append({"ban": at})
json.dump({"overlay": said}, open("said.json", "w"))
END
for from in 0 1 2 3 4 5 6 7; do
    for amount in 7500msat 20000sat 250000sat 1000000sat 4000000sat; do
        "$fgr" split -g mesh.fgr "node $from" "node 9" $amount --overlay said.json --json
    done
done >out 2>err
holds "40 splits: answers" python3 "$here/answers.py" out 40
recheck "40 splits" mesh.json said.json "several [1-9]"
for option in "--pareto" "--min-probability 1%" "--most-likely --max-fee 5%" "--fewest-parts 9%" \
    --receiver-pays; do
    # shellcheck disable=SC2086  # options, one or two words
    run split -g mesh.fgr "node 3" "node 9" 400000sat $option --overlay said.json --json
    is 0 "$option"
    [ "$option" = --pareto ] || recheck "$option" mesh.json said.json "single|several"
done

# Slots and costs of HTLCs: one part over each channel of the sender, however much that costs.
overlay slots.json "{\"htlcs\": {\"scid\": \"700001x1x0\", \"direction\": $to_beta, \"slots\": 1,
    \"cost_msat\": 5000}}, {\"htlcs\": {\"scid\": \"700003x1x0\", \"direction\": $to_gamma, \"slots\": 0}}"
run split -g small.fgr alpha gamma 300000sat --overlay slots.json --json
is 0 "one slot"
holds "one slot: one part, and its cost" python3 "$here/field.py" out \
    'len(a[0]["parts"]) == 1 and a[0]["parts"][0]["hops"][0]["bias_msat"] == 5000'
recheck "one slot" small.json slots.json "single 1"
run split -g small.fgr alpha gamma 995000sat --overlay slots.json --explain --json
is 1 "more than one part carries"
holds "more than one part carries: why" python3 "$here/field.py" out \
    'a[0]["reason"]["at_most_msat"] == 990000000 and a[0]["reason"]["proven"] and
     a[0]["reason"]["cut"][0]["max_msat"] == 990000000'
python3 - <<'END'
import json, random
draw = random.Random(8)
said = []
for edge in json.load(open("mesh.json"))["edges"]:
    number = int(edge["channel_id"])
    key = {"scid": f"{number >> 40}x{number >> 16 & 0xffffff}x{number & 0xffff}"}
    for direction in (0, 1):
        if not edge[f"node{direction + 1}_policy"]["disabled"]:
            said.append({"htlcs": {**key, "direction": direction, "slots": draw.randrange(1, 4),
                                   "cost_msat": draw.randrange(2000)}})
json.dump({"overlay": said}, open("crowded.json", "w"))
END
run batch -g mesh.fgr mesh.csv --mode split --overlay crowded.json
is 0 "slots everywhere"
holds "slots everywhere: answers" python3 "$here/answers.py" out 400
recheck "slots everywhere" mesh.json crowded.json "several [1-9]"
run split -g mesh.fgr "node 3" "node 9" 900000sat --pareto --overlay crowded.json --json
recheck "slots everywhere: a curve" mesh.json crowded.json "several 1"

# Batch: one overlay for all rows.
run batch -g mesh.fgr mesh.csv --mode split --overlay said.json --threads 1
is 0 "batch"
holds "batch: answers" python3 "$here/answers.py" out 400
recheck "batch" mesh.json said.json "several [1-9]"
sed 's/"elapsed_ns":[0-9]*//' out >one
run batch -g mesh.fgr mesh.csv --mode split --overlay said.json --threads 3
sed 's/"elapsed_ns":[0-9]*//' out >three
same "batch: the same bytes for any number of threads" one three
fails 3 "batch: a file that is not there" "nowhere.json" \
    batch -g mesh.fgr mesh.csv --mode split --overlay nowhere.json
