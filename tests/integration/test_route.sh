#!/bin/sh
# SPDX-License-Identifier: MIT
# fgr route: the table, the JSON, limits, explanations.
# shellcheck source=tests/integration/check.sh
. "$(dirname "$0")/check.sh"
python3 "$here/network.py"
run import small.json -o small.fgr
is 0 "small network imported"

run route -g small.fgr alpha gamma 50000sat
is 0 "a route"
holds "the header has the amount" grep -q '^50,000 sat$' out
holds "the header has both ends" sh -c 'grep -q "^from .* alpha$" out && grep -q "^to .* gamma$" out'
holds "the channel and its direction" grep -qE ' 70000[123]x1x0/[01] ' out
holds "amounts with all msat digits" grep -q ' 50,000\.000 ' out
holds "proven" grep -q 'proven optimal$' out
holds "no colours in a file" has_no_escape out
holds "nothing on standard error" is_empty err

run route -g small.fgr alpha gamma 90000sat --json
is 0 "a route as JSON"
holds "the JSON is an answer" python3 "$here/answers.py" out 1
run route -g small.fgr alpha gamma 200000sat --json
holds "the JSON over two hops is an answer" python3 "$here/answers.py" out 1
holds "fee of two hops" python3 "$here/field.py" out \
    'a[0]["fee_msat"] == 1000 + 200000000 * 100 // 1000000 and len(a[0]["parts"][0]["hops"]) == 2'
holds "cltv of two hops" python3 "$here/field.py" out 'a[0]["parts"][0]["cltv_total"] == 58'

# Every way to name a node or an amount gives the same answer.
for from in 0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798 0279be66 0279BE667E; do
    for amount in 200000sat 200000000msat 0.002btc 0.002BTC; do
        "$fgr" route -g small.fgr $from gamma $amount --json | sed 's/"elapsed_ns":[0-9]*//' >this
        sed 's/"elapsed_ns":[0-9]*//' out >that
        same "from $from, $amount" this that
    done
done
status=0
"$fgr" route -g - alpha gamma 200000sat --json <small.fgr 2>err | sed 's/"elapsed_ns":[0-9]*//' >this
same "the image through standard input" this that

run route -g small.fgr alpha 025cbdf0 1000sat
is 0 "an alias with control characters"
holds "they are escaped" grep -qF '\x1b[31m\x0a\xe2\x80\xae' out
holds "none is left" has_no_escape out
if script -qec true /dev/null >/dev/null 2>&1 </dev/null; then
    TERM=xterm script -qec "$fgr route -g small.fgr alpha gamma 50000sat" /dev/null >screen </dev/null
    holds "colours on a terminal" grep -q "$(printf '\033\[1m')" screen
    NO_COLOR=1 TERM=xterm script -qec "$fgr route -g small.fgr alpha gamma 50000sat" /dev/null \
        >screen </dev/null
    holds "none with NO_COLOR" has_no_escape screen
    TERM=dumb script -qec "$fgr route -g small.fgr alpha gamma 50000sat" /dev/null >screen </dev/null
    holds "none on a dumb terminal" has_no_escape screen
else
    skip "colours on a terminal" "script(1) has no terminal to offer"
fi

# Limits.
fails 1 "fee limit" "no route: The fee limit of 1 sat is too low" \
    route -g small.fgr alpha gamma 200000sat --max-fee 1sat
run route -g small.fgr alpha gamma 200000sat --max-fee 1sat --json
is 1 "fee limit as JSON"
holds "fee limit: the JSON is an answer" python3 "$here/answers.py" out 1
holds "fee limit: the limit that works" python3 "$here/field.py" out \
    'a[0]["reason"]["code"] == "fee_limit" and a[0]["reason"]["needed_fee_msat"] == 21000'
holds "no_route as JSON is silent on standard error" is_empty err
run route -g small.fgr alpha gamma 200000sat --max-fee 21000msat
is 0 "the fee limit that works"
run route -g small.fgr alpha gamma 200000sat --max-fee 20999msat
is 1 "one msat less"
run route -g small.fgr alpha gamma 200000sat --max-fee 0.0105%
is 0 "the same limit as a share"
run route -g small.fgr alpha gamma 200000sat --max-fee 0.0104%
is 1 "a little less"
run route -g small.fgr alpha gamma 200000sat --max-cltv 58
is 0 "the cltv limit that works"
run route -g small.fgr alpha gamma 200000sat --max-cltv 57
is 1 "one block less"
run route -g small.fgr alpha gamma 200000sat --max-cltv 58 --final-cltv 19
is 1 "one block more for the destination"
run route -g small.fgr alpha gamma 200000sat --max-hops 2
is 0 "the hop limit that works"
run route -g small.fgr alpha gamma 200000sat --max-hops 1 --explain
is 1 "one hop less"
holds "--explain shows the reason" grep -qE '^reason +hop_limit$' out
holds "--explain shows the limit that works" grep -qE '^hop limit that would work +2$' out
holds "and the sentence" grep -q '^fgr route: no route: The hop limit of 1 is too low' err
run route -g small.fgr alpha lonely 5sat --json
is 1 "a destination without enabled channels"
holds "its reason" python3 "$here/field.py" out 'a[0]["reason"]["code"] == "no_channel_in"'
run route -g small.fgr alpha nobody 5sat --json
is 3 "an unknown node as JSON"
holds "an unknown node: status error" python3 "$here/field.py" out \
    'a[0]["status"] == "error" and a[0]["reason"]["code"] == "unknown_node"'
run route -g small.fgr alpha twin 5sat --json
is 3 "an ambiguous node as JSON"
holds "an ambiguous node: status error" python3 "$here/field.py" out \
    'a[0]["status"] == "error" and a[0]["reason"]["code"] == "ambiguous_node"'
