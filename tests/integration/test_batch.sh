#!/bin/sh
# SPDX-License-Identifier: MIT
# fgr batch: rows in, lines out, in order and the same for any number of threads.
# shellcheck source=tests/integration/check.sh
. "$(dirname "$0")/check.sh"
python3 "$here/network.py"
run import small.json -o small.fgr
is 0 "small network imported"

cat >good.csv <<'END'
to,amount_msat,id,from,max_fee_msat,max_cltv,max_parts
gamma,5000000,first,alpha,,,
"beta",200000000,"with ""quotes"", comma",0279be66,100000,500,1
gamma,200000000,too cheap,alpha,1,,

lonely,1000,nobody home,alpha,,,
END
run batch -g small.fgr good.csv
is 0 "good rows"
holds "good rows: answers" python3 "$here/answers.py" out 4
holds "good rows: input order" python3 "$here/field.py" out \
    '[x["id"] for x in a] == ["first", "with \"quotes\", comma", "too cheap", "nobody home"]'
holds "good rows: statuses" python3 "$here/field.py" out \
    '[x["status"] for x in a] == ["ok", "ok", "no_route", "no_route"]'
holds "good rows: silent" is_empty err
sed 's/"elapsed_ns":[0-9]*//' out >good
"$fgr" batch -g small.fgr - --json <good.csv | sed 's/"elapsed_ns":[0-9]*//' >this
same "the rows through standard input" good this
"$fgr" batch -g - good.csv --mode route <small.fgr | sed 's/"elapsed_ns":[0-9]*//' >this
same "the image through standard input" good this
"$fgr" route -g small.fgr alpha gamma 5000sat --json |
    sed 's/"elapsed_ns":[0-9]*//; s/"id":""/"id":"first"/' >this
head -n 1 good >that
same "batch says what route says" this that

cat >bad.csv <<'END'
id,from,to,amount_msat,max_fee_msat,max_cltv,max_parts
1,alpha,gamma,5000000,,,
2,alpha,gamma,0,,,
3,alpha,gamma,-5,,,
4,alpha,gamma,5sat,,,
5,alpha,gamma,2100000000000000001,,,
6,alpha,gamma
7,nobody,gamma,5000,,,
8,twin,gamma,5000,,,
9,alpha,gamma,5000,,,4
10,"alpha,gamma,5000,,,
11,alpha,gamma,5000,x,,
12,alpha,gamma,5000,,5,
13,alpha,alpha,5000,,,
14,alpha,gamma,5000000,,,
END
run batch -g small.fgr bad.csv
is 3 "bad rows"
holds "bad rows: answers" python3 "$here/answers.py" out 14
holds "bad rows: each has its line" python3 "$here/field.py" out \
    '[x["id"] for x in a] == [str(i) for i in range(1, 15)]'
holds "bad rows: statuses" python3 "$here/field.py" out \
    '[x["status"] for x in a] == ["ok"] + 11 * ["error"] + ["no_route", "ok"]'
holds "bad rows: codes" python3 "$here/field.py" out \
    '[x["reason"]["code"] for x in a[1:13]] == 5 * ["bad_query"] + ["unknown_node",
     "ambiguous_node"] + 4 * ["bad_query"] + ["same_node"]'
holds "bad rows: the line is named" python3 "$here/field.py" out \
    '"line 7" in a[5]["reason"]["text"]'
holds "bad rows: counted once on standard error" grep -qx \
    'fgr batch: 11 of 14 rows are bad queries: see their answers' err

# Rows are answered as they come: the second is written after the first was read.
mkfifo rows answers
"$fgr" batch -g small.fgr - <rows >answers 2>err &
exec 3>rows 4<answers
printf 'id,from,to,amount_msat\n1,alpha,gamma,5000\n' >&3
IFS= read -r line <&4
printf '2,alpha,beta,5000\n' >&3
exec 3>&-
IFS= read -r second <&4
exec 4<&-
wait
printf '%s\n%s\n' "$line" "$second" >out
holds "answers come before the input ends" python3 "$here/answers.py" out 2

# threads NAME IMAGE QUERIES COUNT [MODE]: the same bytes for any number of threads
threads() {
    for n in 1 2 3 8; do
        "$fgr" batch -g "$2" "$3" --threads $n --mode "${5:-route}" 2>err >out.$n
        sed 's/"elapsed_ns":[0-9]*//' out.$n >bytes.$n
        cmp -s bytes.1 bytes.$n || echo "$n threads differ" >differ
    done
    holds "$1: any number of threads, the same bytes" sh -c '[ ! -e differ ]'
    holds "$1: answers" python3 "$here/answers.py" out.8 "$4"
    rm -f differ
}
awk 'BEGIN {
    split("alpha beta gamma lonely nobody 0279be66 037cee69225930d9", node, " ")
    print "id,from,to,amount_msat"
    for (i = 0; i < 5000; i++)
        print i "," node[i % 7 + 1] "," node[int(i / 7) % 7 + 1] "," (i * 7919) % 600000000
}' >many.csv
threads "small network" small.fgr many.csv 5000
threads "small network, splits" small.fgr many.csv 5000 split

# Splits: all that can be asked, each answer worked out again from the policies.
python3 "$here/mesh.py"
run import mesh.json -o mesh.fgr
is 0 "random network imported"
threads "random network, splits" mesh.fgr mesh.csv 400 split
holds "random network: worked out again" python3 "$here/recheck.py" mesh.json out.8 mesh.csv
cp holds.out counted
holds "random network: many of one part, many of several" \
    grep -qE '^single [0-9]{2,} several [0-9]{2,}$' counted
holds "random network: every limit of a row counts" python3 "$here/field.py" out.8 \
    '{"parts_limit", "fee_limit", "cltv_limit", "amount_above_capacity"} <=
     {x["reason"]["code"] for x in a if x["status"] == "no_route"}'
cat >parts.csv <<'END'
id,from,to,amount_msat,max_fee_msat,max_cltv,max_parts
1,alpha,gamma,1050000000,,,
2,alpha,gamma,1050000000,,,1
3,alpha,gamma,1050000000,,,2
4,alpha,gamma,1050000000,,,0
5,alpha,gamma,1050000000,,,129
6,alpha,gamma,0,,,
7,alpha,gamma,1,,,16
8,alpha,gamma,1050000000,1,,
9,alpha,gamma,1200000000,,,
10,alpha,gamma,1050000000,,57,
11,alpha,gamma,1050000000,,5,
END
run batch -g small.fgr parts.csv --mode split
is 3 "rows of splits, good and bad"
holds "rows of splits: answers" python3 "$here/answers.py" out 11
holds "rows of splits: statuses and reasons" python3 "$here/field.py" out \
    '[x["reason"] and x["reason"]["code"] for x in a] == [None, "parts_limit", None, "bad_query",
     "bad_query", "bad_query", "amount_below_out", "fee_limit", "amount_above_capacity",
     "cltv_limit", "bad_query"]'
"$fgr" split -g small.fgr alpha gamma 1050000sat --json |
    sed 's/"elapsed_ns":[0-9]*//; s/"id":""/"id":"1"/' >this
sed 's/"elapsed_ns":[0-9]*//; q' out >that
same "batch says what split says" this that

# pairs IMAGE COUNT: queries between COUNT nodes of an image, by way of its info
pairs() {
    "$fgr" info "$1" --json | python3 -c "
import json, sys
ids = [node['id'] for node in json.load(sys.stdin)['top_10']]
print('id,from,to,amount_msat')
for i in range($2):
    print(f'{i},{ids[i % 10]},{ids[i // 10 % 10]},{1000 * (1 + 7919 * i % 2000000)}')"
}
for dataset in "$source_folder"/datasets/*.fgr.zst "$shared"/mainnet-2026-02-03.gossip_store.zst; do
    name=$(basename "$dataset")
    if [ -e "$dataset" ]; then
        run import "$dataset" -o large.fgr
        is 0 "$name imported"
        pairs large.fgr 1500 >large.csv
        threads "$name" large.fgr large.csv 1500
        head -n 301 large.csv >fewer.csv
        threads "$name, splits" large.fgr fewer.csv 300 split
    else
        skip "$name" "not here"
    fi
done
