#!/bin/sh
# SPDX-License-Identifier: MIT
# --first-hop and --last-hop of fgr route, split and batch: sets of channels and peers at both ends.
# shellcheck source=tests/integration/check.sh
. "$(dirname "$0")/check.sh"
python3 "$here/network.py"
python3 "$here/mesh.py"
run import small.json -o small.fgr
is 0 "small network imported"
run import mesh.json -o mesh.fgr
is 0 "random network imported"

# first NAME SCIDS OPTION...: the route begins with this channel
first() {
    name=$1
    scids=$2
    shift 2
    run route -g small.fgr alpha gamma 50000sat --json "$@"
    is 0 "$name"
    holds "$name: its first hop" python3 "$here/field.py" out \
        "a[0]['parts'][0]['hops'][0]['scid'] in '$scids' and a[0]['gap_ppm'] == 0"
}
first "a channel" 700003x1x0 --first-hop 700003x1x0
first "a half-channel" 700003x1x0 --first-hop 700003x1x0/0
first "a peer" 700001x1x0 --first-hop beta
first "a last hop" 700003x1x0 --last-hop alpha
first "a last hop by its channel" 700001x1x0 --last-hop 700002x1x0
first "a list" "700001x1x0 700003x1x0" --first-hop 700003x1x0,beta
first "several options" "700001x1x0 700003x1x0" --first-hop 700003x1x0 --first-hop beta
run route -g small.fgr alpha gamma 50000sat --json
sed 's/"stats".*//' out >free
run route -g small.fgr alpha gamma 50000sat --json --first-hop 700003x1x0,beta --last-hop beta,alpha
sed 's/"stats".*//; s/,"bias_msat":0//g' out >all
same "sets of all there is change nothing" free all
fails 1 "both ends exclude each other" "no route: " \
    route -g small.fgr alpha gamma 50000sat --first-hop 700003x1x0 --last-hop beta
fails 1 "a peer without a channel" "no enabled channel to send over" \
    route -g small.fgr alpha gamma 50000sat --first-hop lonely
fails 3 "a channel elsewhere" "--first-hop '700002x1x0' does not leave FROM" \
    route -g small.fgr alpha gamma 50000sat --first-hop 700002x1x0
fails 3 "the other direction" "--last-hop '700002x1x0/1' does not enter TO" \
    route -g small.fgr alpha gamma 50000sat --last-hop 700002x1x0/1
fails 3 "no channel" "--first-hop '1x1x1' is no channel of the network" \
    split -g small.fgr alpha gamma 50000sat --first-hop 1x1x1
fails 3 "nobody" "no node has the alias 'nobody'" \
    split -g small.fgr alpha gamma 50000sat --last-hop alpha,nobody
fails 3 "the end itself" "--last-hop 'gamma' is no peer but the end itself" \
    split -g small.fgr alpha gamma 50000sat --last-hop gamma
fails 3 "nothing between commas" "--first-hop '' is neither a channel nor a node" \
    split -g small.fgr alpha gamma 50000sat --first-hop beta,,gamma
run route -g small.fgr alpha gamma 50000sat --first-hop 1x1x1 --json
is 3 "no channel, as JSON"
holds "no channel, as JSON: status error" python3 "$here/field.py" out \
    'a[0]["status"] == "error" and a[0]["reason"]["code"] == "bad_query"'

# Splits, against bans of all other channels at that end.
python3 - <<'END' >sets
import json
ends = {}
graph = json.load(open("mesh.json"))
names = {node["pub_key"]: node["alias"] for node in graph["nodes"]}
for edge in graph["edges"]:
    number = int(edge["channel_id"])
    for own in ("node1_pub", "node2_pub"):
        ends.setdefault(names[edge[own]], []).append(f"{number >> 40}x1x0")
for i in range(8):
    own, last = ends[f"node {i}"], ends["node 9"]
    print(i, ",".join(own[::2]), ",".join(last[1::2]))
    bans = [{"ban": {"scid": scid}} for scid in own[1::2] + last[::2]]
    json.dump({"overlay": bans}, open(f"bans.{i}.json", "w"))
END
n=0
while read -r i own last; do
    "$fgr" split -g mesh.fgr "node $i" "node 9" 400000sat --json --first-hop "$own" \
        --last-hop "$last" >chosen 2>err
    "$fgr" split -g mesh.fgr "node $i" "node 9" 400000sat --json --overlay "bans.$i.json" >ban 2>err
    sed 's/"rounding_msat".*"parts"/"parts"/; s/"stats".*//' chosen >set.part
    sed 's/"rounding_msat".*"parts"/"parts"/; s/"stats".*//' ban >ban.part
    cat chosen ban >>all.out
    cmp -s set.part ban.part && n=$((n + 1))
done <sets
holds "splits over sets are those over a network without the rest: $n of 8" [ "$n" -eq 8 ]
holds "splits over sets are answers" python3 "$here/answers.py" all.out 16
holds "some of them in several parts" python3 "$here/field.py" all.out \
    'sum(len(x["parts"]) > 1 for x in a) > 3'
run split -g small.fgr alpha gamma 900000sat --first-hop 700003x1x0 --explain --json
is 1 "more than the set holds"
holds "more than the set holds: its cut" python3 "$here/field.py" out \
    'a[0]["reason"]["code"] == "amount_above_capacity" and a[0]["reason"]["at_most_msat"] == 100000000'

# Batch: one node at that end of all rows.
printf 'id,from,to,amount_msat\n1,alpha,gamma,50000000\n2,beta,gamma,50000000\n' >rows.csv
for mode in route split; do
    run batch -g small.fgr rows.csv --mode $mode --first-hop 700003x1x0/0
    is 3 "batch --mode $mode"
    holds "batch --mode $mode: the set counts; other rows are told" python3 "$here/field.py" out \
        "a[0]['parts'][0]['hops'][0]['scid'] == '700003x1x0' and a[1]['status'] == 'error' and
         a[1]['reason']['text'] == 'from is not the node that --first-hop leaves'"
    run batch -g small.fgr rows.csv --mode $mode --last-hop 700002x1x0/0
    is 0 "batch --mode $mode: a last hop"
    holds "batch --mode $mode: it counts in every row" python3 "$here/field.py" out \
        "all(x['parts'][0]['hops'][-1]['scid'] == '700002x1x0' for x in a)"
done
fails 3 "batch: a channel without its direction" "'700003x1x0' needs a direction here" \
    batch -g small.fgr rows.csv --first-hop 700003x1x0
fails 3 "batch: a peer" "'beta' is no half-channel like 700000x1x0/1" \
    batch -g small.fgr rows.csv --first-hop beta
fails 3 "batch: two ends" "--first-hop '700001x1x0/1' does not leave FROM" \
    batch -g small.fgr rows.csv --first-hop 700003x1x0/0,700001x1x0/1
