#!/bin/sh
# SPDX-License-Identifier: MIT
# fgr split: the tables, the JSON, limits, reasons, what AMP and MPP need. Every answer is worked out
# again from the policies of the snapshot.
# shellcheck source=tests/integration/check.sh
. "$(dirname "$0")/check.sh"
python3 "$here/network.py"
python3 "$here/mesh.py"
run import small.json -o small.fgr
is 0 "small network imported"
run import mesh.json -o mesh.fgr
is 0 "random network imported"

run split -g small.fgr alpha gamma 1050000sat
is 0 "two parts"
holds "the header has amount and parts" grep -qx '1,050,000 sat in 2 parts' out
holds "the header has both ends" sh -c 'grep -q "^from .* alpha$" out && grep -q "^to .* gamma$" out'
holds "a row for each part" grep -qE '^ +1 .* 2  beta +beta$' out
holds "their sum" grep -qE '^ all  1,050,000\.000 +100\.0 +[0-9,]+ +0\.[0-9]{2}$' out
holds "no shared channel, no table of them" sh -c '! grep -q shared out'
holds "the proof" grep -qE '^bound +[0-9,]+ msat: (within [0-9,]+ ppm|proven)' out
holds "no colours in a file" has_no_escape out
holds "no spaces at the end of a line" sh -c '! grep -q " $" out'
holds "nothing on standard error" is_empty err
run split -g small.fgr alpha gamma 50000sat
holds "one part" grep -qx '50,000 sat in 1 part' out
holds "one part needs no sum" sh -c '! grep -q "^ all" out'
run split -g mesh.fgr "node 0" "node 5" 3000000sat
holds "shared channels" grep -qE '^[0-9x]+/[01] +node [0-9]+ +node [0-9]+ +[2-9] ' out
run split -g small.fgr alpha 025cbdf0 1000sat
holds "control characters are escaped" grep -qF '\x1b[31m\x0a\xe2\x80\xae' out
holds "none is left" has_no_escape out

# recheck NAME GRAPH COUNTS: the answers in the file out
recheck() {
    holds "$1: worked out again" python3 "$here/recheck.py" "$2" out
    cp holds.out counted
    holds "$1: $3" grep -qE "$3" counted
}
run split -g small.fgr alpha gamma 1050000sat --json
is 0 "JSON"
holds "the JSON is an answer" python3 "$here/answers.py" out 1
recheck "the JSON" small.json "single 0 several 1"
run route -g small.fgr alpha gamma 50000sat --json
sed 's/"stats".*//' out >path
run split -g small.fgr alpha gamma 50000sat --max-parts 1 --json
sed 's/"rounding_msat":0,//; s/"stats".*//' out >parts
same "one part is the route" path parts
for from in 0 1 2 3 4 5 6 7; do
    for amount in 7500msat 20000sat 250000sat 1000000sat 4000000sat; do
        "$fgr" split -g mesh.fgr "node $from" "node 9" $amount --json
    done
done >out 2>err
holds "40 splits: answers" python3 "$here/answers.py" out 40
recheck "40 splits" mesh.json "several [1-9]"

# Limits: each is kept, and named where it stops the payment.
run split -g small.fgr alpha gamma 1050000sat --max-parts 1 --json
is 1 "one part is too few"
holds "one part is too few: an answer" python3 "$here/answers.py" out 1
holds "one part is too few: why" python3 "$here/field.py" out \
    'a[0]["reason"]["code"] == "parts_limit" and a[0]["reason"]["enough_parts"] == 2
     and a[0]["reason"]["proven"]'
holds "no_route as JSON is silent on standard error" is_empty err
fails 1 "one part is too few: in words" \
    "no route: No set of 1 part was found; with a limit of 128, one of 2 was." \
    split -g small.fgr alpha gamma 1050000sat --max-parts 1
run split -g small.fgr alpha gamma 1050000sat --max-parts 2
is 0 "two are enough"
# limit CODE KEY OPTION TIGHT LOOSE: with OPTION TIGHT none is found, with LOOSE one is
limit() {
    run split -g small.fgr alpha gamma 1000000sat "$3" "$4" --json
    is 1 "$3 $4"
    holds "$3 $4: an answer" python3 "$here/answers.py" out 1
    holds "$3 $4: why" python3 "$here/field.py" out \
        "a[0]['reason']['code'] == '$1' and a[0]['reason']['$2'] > 0"
    run split -g small.fgr alpha gamma 1000000sat "$3" "$5"
    is 0 "$3 $5"
}
limit fee_limit enough_fee_msat --max-fee 1sat 1%
limit cltv_limit enough_cltv --max-cltv 57 58
limit hop_limit enough_hops --max-hops 1 2
limit min_part_limit enough_min_part_msat --min-part 100000sat 10000sat
run split -g small.fgr alpha gamma 1000000sat --max-hops 1 --max-fee 1sat --json
is 1 "two limits"
run split -g small.fgr alpha gamma 1000000sat --max-cltv 57 --max-fee 1sat --json
is 1 "limits together"
holds "limits together: why" python3 "$here/field.py" out 'a[0]["reason"]["code"] == "limits"'
run split -g mesh.fgr "node 0" "node 5" 3000000sat --max-gap 0 --json
is 0 "--max-gap 0"
cp out tight
run split -g mesh.fgr "node 0" "node 5" 3000000sat --max-gap 1000000 --json
cat tight >>out
holds "a gap that is asked for costs nothing more" python3 "$here/field.py" out \
    'a[1]["cost_msat"] <= a[0]["cost_msat"]'

# Choices: each answer is checked as any other, and is what was asked for.
# choose NAME OPTION...: the JSON answer with these options
choose() {
    name=$1
    shift
    run split -g mesh.fgr "node 0" "node 5" 300000sat "$@" --json
    is 0 "$name"
    holds "$name: an answer" python3 "$here/answers.py" out 1
    recheck "$name" mesh.json "single|several"
}
choose "the best"
cp out best
run split -g mesh.fgr "node 0" "node 5" 300000sat --pareto --json
is 0 "a curve"
cp out curve
holds "a curve: points that rise in fee and probability" python3 "$here/field.py" curve \
    'len(a[0]["points"]) > 2 and all(p["fee_msat"] < q["fee_msat"] and
     p["probability"] < q["probability"] for p, q in zip(a[0]["points"], a[0]["points"][1:]))'
cp curve out
recheck "a curve" mesh.json "single|several"
holds "a curve: each point is a set of parts with its bound" python3 "$here/field.py" curve \
    'all(sum(part["amount_msat"] for part in p["parts"]) == 300000000 and
     sum(part["fee_msat"] for part in p["parts"]) == p["fee_msat"] and
     p["bound_msat"] <= p["cost_msat"] for p in a[0]["points"])'
run split -g mesh.fgr "node 0" "node 5" 300000sat --pareto
is 0 "a curve as a table"
holds "a curve as a table: its head" grep -qE '^fee msat +prob % +parts ' out
choose "within a probability" --min-probability "$(python3 -c 'import json
print(round(sum(p["probability"] for p in json.load(open("curve"))["points"][:2]) * 50, 4))')%"
cat best >>out
holds "within a probability: as probable, and its bound" python3 "$here/field.py" out \
    'a[0]["probability"] * 1e6 >= a[0]["choice"]["wanted_ppm"] - 1 and
     a[0]["choice"]["price_bound_msat"] <= a[0]["choice"]["price_msat"]'
run split -g mesh.fgr "node 0" "node 5" 300000sat --min-probability 100% --json
is 1 "certainty"
holds "certainty: an answer" python3 "$here/answers.py" out 1
holds "certainty: the reason" python3 "$here/field.py" out \
    'a[0]["reason"]["code"] == "not_met" and "most probable one has" in a[0]["reason"]["text"]'
choose "most likely" --most-likely --max-fee 1%
cat best >>out
holds "most likely: no less so than the best" python3 "$here/field.py" out \
    'a[1]["probability"] <= a[0]["probability"] <= a[0]["choice"]["probability_bound"] and
     a[0]["fee_msat"] <= 3000000'
choose "fewest parts" --fewest-parts 50%
cat best >>out
holds "fewest parts: no more of them, not much dearer" python3 "$here/field.py" out \
    'a[0]["choice"]["parts_bound"] <= len(a[0]["parts"]) <= len(a[1]["parts"]) and
     2 * a[0]["cost_msat"] <= 3 * a[1]["cost_msat"]'
choose "receiver pays" --receiver-pays
holds "receiver pays: nothing is lost" python3 "$here/field.py" out \
    'a[0]["amount_msat"] + a[0]["fee_msat"] + a[0]["choice"]["left_msat"] == 300000000 and
     a[0]["fee_msat"] > 0'
for option in "--min-probability 20%" "--most-likely --max-fee 1%" "--fewest-parts 9%" --receiver-pays; do
    # shellcheck disable=SC2086  # options, one or two words
    run split -g mesh.fgr "node 0" "node 5" 30000sat $option
    is 0 "$option as a table"
    holds "$option as a table: what the choice is worth" grep -q '^choice  ' out
done
run split -g mesh.fgr "node 0" "node 5" 300000sat --receiver-pays --mpp --json
holds "receiver pays: the total of MPP is what arrives" python3 "$here/field.py" out \
    'a[0]["mpp"]["total_msat"] == a[0]["amount_msat"] < 300000000'

# powers NAME: the answer in the file out has powers of two in sat and its rest
powers() {
    holds "$1" python3 "$here/field.py" out \
        'all(p["amount_msat"] % 1000 == 0 and (p["amount_msat"] // 1000).bit_count() == 1
             for p in a[0]["parts"][:len(a[0]["parts"]) - (a[0]["choice"]["rest_msat"] > 0)]) and
         a[0]["choice"]["rest_msat"] in (0, a[0]["parts"][-1]["amount_msat"])'
}
choose "powers of two" --denominations powers
powers "powers of two: they are, with a rest"
holds "powers of two: the rest is as small as it can be" python3 "$here/field.py" out \
    'a[0]["choice"]["rest_msat"] == 300000000 - 2**18 * 1000'
choose "powers of two, down to a sat" --denominations powers --min-part 1sat
powers "powers of two, down to a sat: they are"
holds "powers of two, down to a sat: a smaller rest" python3 "$here/field.py" out \
    'a[0]["choice"]["rest_msat"] < 2**13 * 1000'
choose "unequal amounts" --denominations unequal --seed "$(printf '%064d' 3)"
sed 's/"elapsed_ns":[0-9]*//' out >first
holds "unequal amounts: no two alike" python3 "$here/field.py" out \
    'len({p["amount_msat"] // 1000 for p in a[0]["parts"]}) == len(a[0]["parts"]) > 1'
choose "unequal amounts again" --denominations unequal --seed "$(printf '%064d' 3)"
sed 's/"elapsed_ns":[0-9]*//' out >second
same "unequal amounts: the seed decides them" first second
choose "unequal amounts of the system's generator" --denominations unequal
sed 's/"elapsed_ns":[0-9]*//' out >second
holds "unequal amounts: others each time" sh -c '! cmp -s first second'
run split -g mesh.fgr "node 0" "node 5" 300000sat --denominations unequal --json \
    --seed "$(printf '%064d' 3)"
cp out one
choose "unequal amounts for AMP" --denominations unequal --amp --seed "$(printf '%064d' 3)"
cat one >>out
holds "unequal amounts for AMP: the same" python3 "$here/field.py" out \
    '[p["amount_msat"] for p in a[0]["parts"]] == [p["amount_msat"] for p in a[1]["parts"]]'
run split -g mesh.fgr "node 0" "node 5" 300000sat --denominations powers
holds "powers of two as a table" grep -q '^choice .* the rest, 37,856,000 msat$' out
fails 2 "no powers of two add up" "20000000 msat are not up to 16 powers of two in sat and a rest" \
    split -g mesh.fgr "node 0" "node 5" 20000sat --denominations powers
fails 2 "one part has no other" "unequal amounts need two parts" \
    split -g mesh.fgr "node 0" "node 5" 20000sat --denominations unequal --max-parts 1
fails 2 "unknown denominations" "--denominations 'odd' are unknown: powers or unequal" \
    split -g mesh.fgr "node 0" "node 5" 20000sat --denominations odd
fails 1 "more than there is, in powers" "no route: " \
    split -g small.fgr alpha gamma 2097152sat --denominations powers
run split -g mesh.fgr "node 0" "node 5" 3000000sat --denominations powers --json
is 1 "no such parts are found"
holds "no such parts are found: the reason" python3 "$here/field.py" out \
    'a[0]["reason"]["code"] == "not_met" and "denominations" in a[0]["reason"]["text"]'

fails 2 "two choices" "--pareto and --receiver-pays exclude each other" \
    split -g mesh.fgr "node 0" "node 5" 5sat --receiver-pays --pareto
fails 2 "a curve for AMP" "--pareto has no single answer for --amp" \
    split -g mesh.fgr "node 0" "node 5" 5sat --amp --pareto
fails 2 "most likely for any fee" "--most-likely needs --max-fee" \
    split -g mesh.fgr "node 0" "node 5" 5sat --most-likely
fails 2 "a probability without a sign" "--min-probability '0.9' is not a share like 0.5%" \
    split -g mesh.fgr "node 0" "node 5" 5sat --min-probability 0.9
fails 2 "more than certain" "--min-probability '101%' is above 100%" \
    split -g mesh.fgr "node 0" "node 5" 5sat --min-probability 101%
fails 2 "a tolerance too fine" "--fewest-parts '0.00001%' is finer than 0.0001%" \
    split -g mesh.fgr "node 0" "node 5" 5sat --fewest-parts 0.00001%

# What stops the rest.
run split -g small.fgr alpha gamma 1200000sat --explain
is 1 "more than there is"
holds "more than there is: the reason" grep -qE '^reason +amount_above_capacity$' out
holds "more than there is: how much" grep -qE '^any set of parts delivers at most, msat +1,100,000,000$' out
holds "more than there is: the cut" grep -qE '^700001x1x0/[01] +alpha +beta +1,000,000$' out
holds "more than there is: all of the cut" grep -qE '^700003x1x0/[01] +alpha +gamma +100,000$' out
holds "more than there is: in words" grep -q '^fgr split: no route: 1,200,000 sat is above' err
run split -g small.fgr alpha gamma 1200000sat --explain --json
is 1 "more than there is, as JSON"
holds "more than there is: an answer" python3 "$here/answers.py" out 1
holds "more than there is: figures" python3 "$here/field.py" out \
    '[a[0]["reason"][k] for k in ("code", "at_most_msat", "cut_channels", "proven")]
     == ["amount_above_capacity", 1100000000, 2, True] and
     {c["scid"] for c in a[0]["reason"]["cut"]} == {"700001x1x0", "700003x1x0"} and
     0 < a[0]["reason"]["at_least_msat"] <= 1100000000'
run split -g small.fgr alpha lonely 5sat --json
is 1 "a destination without enabled channels"
holds "its reason" python3 "$here/field.py" out 'a[0]["reason"]["code"] == "no_channel_in"'
run split -g small.fgr alpha nobody 5sat --json
is 3 "an unknown node as JSON"
holds "an unknown node: status error" python3 "$here/field.py" out \
    'a[0]["status"] == "error" and a[0]["reason"]["code"] == "unknown_node"'

# AMP and MPP.
seed=$(printf '%064d' 7)
secret=$(printf '%064d' 0 | tr 0 A)
run split -g mesh.fgr "node 0" "node 5" 3000000sat --amp --json
is 0 "AMP"
holds "AMP: an answer" python3 "$here/answers.py" out 1
recheck "AMP" mesh.json "single 0 several 1"
cp out first
run split -g mesh.fgr "node 0" "node 5" 3000000sat --amp --json
cat first >>out
holds "AMP: new secrets each time" python3 "$here/field.py" out \
    'all(a[0]["amp"][k] != a[1]["amp"][k] for k in ("root", "set_id", "payment_secret"))'
run split -g mesh.fgr "node 0" "node 5" 3000000sat --amp --json --seed "$seed"
recheck "AMP with a seed" mesh.json "single 0 several 1"
sed 's/"elapsed_ns":[0-9]*//' out >first
run split -g mesh.fgr "node 0" "node 5" 3000000sat --amp --json --seed "$seed"
sed 's/"elapsed_ns":[0-9]*//' out >second
same "AMP with a seed: the same bytes" first second
run split -g mesh.fgr "node 0" "node 5" 3000000sat --amp --seed "$seed"
hash=$(sed 's/.*"payment_hash":"\([0-9a-f]*\)".*/\1/' first)
share=$(sed 's/.*"share":"\([0-9a-f]*\)".*/\1/' first)
holds "AMP in a table: payment hashes" grep -q " $hash\$" out
holds "AMP in a table: no secrets" sh -c "! grep -q $share out"
run split -g small.fgr alpha gamma 1050000sat --mpp --payment-secret "$secret" --json
is 0 "MPP"
holds "MPP: an answer" python3 "$here/answers.py" out 1
holds "MPP: the secret and the total, in all parts" python3 "$here/field.py" out \
    'a[0]["mpp"] == {"payment_secret": 32 * "aa", "total_msat": 1050000000} and
     {p["final_records"] for p in a[0]["parts"]} == {"0824" + 32 * "aa" + "3e95ba80"}'
run split -g small.fgr alpha gamma 1050000sat --json
holds "neither: nothing of them" python3 "$here/field.py" out \
    '"mpp" not in a[0] and "amp" not in a[0] and "amp" not in a[0]["parts"][0]'

mainnet=$shared/mainnet-2026-02-03.describegraph.json.zst
if [ -e "$mainnet" ]; then
    zstd -dq "$mainnet" -o mainnet.json
    run import mainnet.json -o mainnet.fgr
    is 0 "mainnet imported"
    for amount in 100000sat 1000000sat 10000000sat 100000000sat; do
        "$fgr" split -g mainnet.fgr 03864ef025fde8fb 02f1a8c87607f415 $amount --json
        "$fgr" split -g mainnet.fgr 02f1a8c87607f415 033d865621947870 $amount --json
    done >out
    holds "mainnet: answers" python3 "$here/answers.py" out 8
    recheck "mainnet" mainnet.json "several [1-9]"
else
    skip "mainnet" "not here"
fi
