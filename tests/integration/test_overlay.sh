#!/bin/sh
# SPDX-License-Identifier: MIT
# fgr route, split, capacity and batch with --overlay: what the sender knows on top of the image.
# shellcheck source=tests/integration/check.sh
. "$(dirname "$0")/check.sh"
python3 "$here/network.py"
run import small.json -o small.fgr
is 0 "small network imported"
beta=02c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5
gamma=02f9308a019258c31049344f85f89d5229b531c845836f99b08601f113bce036f9
alpha=0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798
new=03774ae7f858a9411e5ef4246b70c65aac5649980be5c17891bbec17895da008cb

# overlay FILE STATEMENT
overlay() {
    printf '{"overlay": [%s]}\n' "$2" >"$1"
}

overlay full.json '{"balance": {"scid": "700003x1x0", "direction": 0, "balance_msat": 50000000}}'
run route -g small.fgr alpha gamma 50000sat --overlay full.json --json
is 0 "a balance of just the amount"
holds "it is certain and costs nothing" python3 "$here/field.py" out \
    'a[0]["cost_msat"] == 0 and a[0]["probability"] == 1 and a[0]["gap_ppm"] == 0'
holds "the JSON is an answer" python3 "$here/answers.py" out 1
run route -g small.fgr alpha gamma 50001sat --overlay full.json --json
holds "one sat more goes elsewhere" python3 "$here/field.py" out \
    '[h["scid"] for h in a[0]["parts"][0]["hops"]] == ["700001x1x0", "700002x1x0"]'
run route -g small.fgr alpha gamma 50000sat --overlay full.json
is 0 "the table"
holds "it has the share of biases" grep -q 'bias %$' out

overlay empty.json '{"balance": {"scid": "700003x1x0", "direction": 0, "balance_msat": 0}}'
run route -g small.fgr alpha gamma 1000sat --overlay full.json --overlay empty.json --json
holds "of two files the later one wins" python3 "$here/field.py" out \
    'len(a[0]["parts"][0]["hops"]) == 2'
run route -g small.fgr alpha gamma 1000sat --overlay empty.json --overlay full.json --json
holds "in either order" python3 "$here/field.py" out 'len(a[0]["parts"][0]["hops"]) == 1'

overlay dear.json '{"bias": {"scid": "700002x1x0", "direction": 0, "bias_msat": 3000}}'
run route -g small.fgr alpha gamma 200000sat --json
python3 -c 'import json; print(json.load(open("out"))["cost_msat"] + 3000)' >cost
run route -g small.fgr alpha gamma 200000sat --overlay dear.json --json
holds "a bias is in the cost and the hop, not in the fee" python3 "$here/field.py" out \
    "a[0]['cost_msat'] == $(cat cost) and a[0]['parts'][0]['hops'][1]['bias_msat'] == 3000
     and a[0]['fee_msat'] == 21000"
run route -g small.fgr alpha gamma 200000sat --overlay dear.json
holds "and in the table" grep -q 'expected failure + 3,000 bias$' out
overlay cheap.json '{"bias": {"scid": "700002x1x0", "direction": 0, "bias_msat": -1000000000}}'
run route -g small.fgr alpha gamma 200000sat --overlay cheap.json --json
holds "a discount stops at nothing" python3 "$here/field.py" out \
    'a[0]["cost_msat"] < 100000 and a[0]["bound_msat"] == a[0]["cost_msat"]'

overlay ban.json "{\"ban\": {\"node\": \"$beta\"}}, {\"ban\": {\"from\": \"$alpha\", \"to\": \"$gamma\"}}"
fails 1 "bans" "no route: No path of enabled channels joins the two nodes" \
    route -g small.fgr alpha gamma 1000sat --overlay ban.json
overlay unban.json '{"policy": {"scid": "700006x1x0", "direction": 0, "enabled": true}}'
run route -g small.fgr alpha lonely 1000sat --overlay unban.json --json
is 0 "what is disabled may be enabled"

# Channels and nodes that the image does not have.
overlay hint.json "{\"channel\": {\"scid\": \"16000000x7x1\", \"from\": \"$gamma\", \"to\": \"$new\",
    \"base_msat\": 500, \"ppm\": 0, \"cltv_delta\": 10, \"htlc_max_msat\": 90000000}}"
run route -g small.fgr alpha $new 50000sat --overlay hint.json --json
is 0 "over a route hint"
holds "the hint's channel is named" python3 "$here/field.py" out \
    "a[0]['parts'][0]['hops'][-1]['scid'] == '16000000x7x1' and
     a[0]['parts'][0]['hops'][-1]['to'] == '$new'"
holds "the answer over the hint adds up" python3 "$here/answers.py" out 1
run route -g small.fgr alpha $new 50000sat --overlay hint.json
holds "the table names both" grep -q '16000000x7x1/[01]  03774ae7f858a941 ' out
fails 3 "without the overlay the node is unknown" "$new" route -g small.fgr alpha $new 50000sat
overlay blinded.json "{\"blinded_path\": {\"from\": \"$beta\", \"to\": \"$new\", \"base_msat\": 700,
    \"ppm\": 50, \"cltv_delta\": 100, \"htlc_max_msat\": 90000000}}"
run route -g small.fgr alpha $new 50000sat --overlay blinded.json --final-cltv 0 --json
holds "over a blinded path" python3 "$here/field.py" out \
    'a[0]["fee_msat"] == 700 + 50000000 * 50 // 1000000 and a[0]["parts"][0]["cltv_total"] == 100'
fails 2 "the payer as its introduction node" "blinded path 0x0x0 of the overlay starts at the payer" \
    route -g small.fgr beta $new 50000sat --overlay blinded.json

# The image or the overlay through standard input, not both.
run route -g small.fgr alpha gamma 50000sat --overlay full.json --json
sed 's/"elapsed_ns":[0-9]*//' out >that
"$fgr" route -g small.fgr alpha gamma 50000sat --overlay - --json <full.json |
    sed 's/"elapsed_ns":[0-9]*//' >this
same "an overlay through standard input" this that
fails 2 "both through standard input" "only one" \
    route -g - alpha gamma 50000sat --overlay - --json
overlay bad.json '{"ban": {"colour": 1}}'
fails 3 "a file that is no overlay" "bad.json: overlay[0].ban" \
    route -g small.fgr alpha gamma 1sat --overlay bad.json
fails 3 "a file that is not there" "nowhere.json" \
    route -g small.fgr alpha gamma 1sat --overlay nowhere.json
overlay impossible.json \
    '{"balance": {"scid": "700003x1x0", "direction": 0, "balance_msat": 100000001}}'
fails 3 "a statement that cannot be" "impossible.json: overlay[0]" \
    route -g small.fgr alpha gamma 1sat --overlay impossible.json

# Batch: one overlay for all rows.
printf 'id,from,to,amount_msat\n1,alpha,gamma,50000000\n2,alpha,%s,50000000\n' $new >rows.csv
run batch -g small.fgr rows.csv --overlay full.json --overlay hint.json
is 0 "batch"
holds "batch: answers" python3 "$here/answers.py" out 2
holds "batch: the overlay counts in every row" python3 "$here/field.py" out \
    'a[0]["cost_msat"] == 0 and a[1]["parts"][0]["hops"][-1]["scid"] == "16000000x7x1"'
fails 3 "batch: a file that is not there" "nowhere.json" \
    batch -g small.fgr rows.csv --overlay nowhere.json

# The example of the bundled network.
run import "$source_folder/datasets/synth-mainnet.fgr.zst" -o synth.fgr
is 0 "the bundled network"
run route -g synth.fgr 02b606132ee51d8e58075ec39a36605f713400926791d6b618a2aebf63948d5762 $beta \
    50000sat --overlay "$source_folder/datasets/overlay-example.json" --final-cltv 0 --json
is 0 "the example"
holds "its blinded path is taken" python3 "$here/field.py" out \
    'a[0]["parts"][0]["hops"][-1]["scid"].startswith("0x0x") and a[0]["gap_ppm"] == 0'
