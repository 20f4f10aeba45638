#!/bin/sh
# SPDX-License-Identifier: MIT
# fgr info: the figures of the small network, and those published for the mainnet snapshot.
# shellcheck source=tests/integration/check.sh
. "$(dirname "$0")/check.sh"
python3 "$here/network.py"
run import small.json -o small.fgr
is 0 "small network imported"

run info small.fgr
is 0 "tables"
holds "tables: counts" grep -qE '^channels +9$' out
holds "tables: capacity" grep -qE '^all channels +6,100,000$' out
holds "tables: an alias with control characters" grep -qF '\x1b[31m\x0a\xe2\x80\xae' out
holds "tables: newest policy" grep -q 'Newest policy: 2023-11-14 22:13:20 UTC' out
run info small.fgr --json
is 0 "JSON"
cp out small.json.info
holds "JSON: figures" python3 "$here/field.py" out 'a[0]["nodes"] == 9 and a[0]["channels"] == 9 and
    a[0]["half_enabled"] == 16 and a[0]["half_disabled"] == 2 and a[0]["capacity_sat"] == 6100000 and
    a[0]["core_nodes"] == 8 and a[0]["components"] == 1 and a[0]["nodes_without_enabled"] == 1 and
    a[0]["top_10"][0]["alias"] == "beta" and a[0]["quantiles"]["degree"]["values"][8] == 4'
status=0
"$fgr" info - --json <small.fgr >out 2>err || status=$?
same "the image through standard input" out small.json.info

store=$shared/mainnet-2026-02-03.gossip_store.zst
if [ ! -e "$store" ]; then
    skip "mainnet snapshot" "$store is not there"
    exit 0
fi
run import "$store" -o mainnet.fgr
is 0 "mainnet snapshot imported"
run info mainnet.fgr --json
is 0 "mainnet snapshot: JSON"
# The figures are those of the page that describes the snapshot, computed with numpy and scipy.
mainnet() {
    holds "mainnet snapshot: $1" python3 "$here/field.py" out "$2"
}
mainnet "size" 'a[0]["nodes"] == 17324 and a[0]["channels"] == 50808 and
    a[0]["half_channels"] == 101616 and a[0]["half_enabled"] == 65810'
mainnet "enabled ways" '(a[0]["channels_enabled_both"], a[0]["channels_enabled_one"],
    a[0]["channels_enabled_neither"]) == (31917, 1976, 16915)'
mainnet "components" '(a[0]["components"], a[0]["component_largest"], a[0]["weak_largest"],
    a[0]["core_nodes"], a[0]["core_second"], a[0]["core_enabled"]) ==
    (721, 15542, 6881, 6191, 3, 64497)'
mainnet "nodes without enabled half-channels" '(a[0]["nodes_without_enabled"],
    a[0]["nodes_without_enabled_out"], a[0]["nodes_without_enabled_in"]) == (10346, 10718, 10700)'
mainnet "capacity" 'a[0]["capacity_sat"] // 10**6 == 536168 and
    a[0]["capacity_any_sat"] // 10**6 == 514401 and a[0]["capacity_both_sat"] // 10**6 == 497634'
quantiles() {
    mainnet "quantiles of $1" "a[0]['quantiles']['$1']['values'] == [$2]"
}
quantiles capacity_sat "1050, 1500, 20000, 200000, 1283260, 5000000, 15647849, 200000000, 10**9"
quantiles capacity_both_sat \
    "10000, 20000, 200000, 10**6, 3005071, 10**7, 21000000, 300000000, 720000000"
quantiles core_out_sat \
    "10000, 20000, 20000, 135623, 2000000, 15988460, 95000000, 2206624891, 60663002784"
quantiles degree "1, 1, 1, 1, 1, 3, 8, 74, 1989"
quantiles out_degree "0, 0, 0, 0, 0, 1, 5, 65, 1832"
quantiles core_out_degree "1, 1, 1, 1, 2, 6, 20, 136, 1832"
quantiles base_msat "0, 0, 0, 0, 33, 1000, 1000, 10000, 10000000"
quantiles ppm "0, 0, 1, 1, 100, 569, 2000, 10000, 1000000"
quantiles cltv_blocks "0, 18, 40, 40, 80, 100, 144, 200, 1444"
quantiles htlc_min_msat "0, 0, 1, 1000, 1000, 1000, 1000, 1000000, 5940000000"
quantiles htlc_max_msat "243, 5000000, 99000000, 990000000, 2475000000, 8411838300, 19800000000,
    219099281400, 712800000000"
mainnet "means" 'round(a[0]["quantiles"]["capacity_sat"]["mean"]) == 10552827 and
    round(a[0]["quantiles"]["base_msat"]["mean"]) == 13327 and
    round(a[0]["quantiles"]["htlc_min_msat"]["mean"]) == 356814'
mainnet "degree tail" '(a[0]["degree_1"], a[0]["degree_max_2"], a[0]["degree_min_100"],
    a[0]["degree_min_1000"], a[0]["top_10_channel_ends"]) == (9391, 12251, 124, 6, 11417)'
mainnet "parallel channels" '(a[0]["pairs"], a[0]["parallel_pairs"], a[0]["parallel_channels"],
    a[0]["parallel_most"]) == (47868, 1820, 4760, 40)'
mainnet "concentration" '[round(500 * top["capacity_sat"] / a[0]["capacity_sat"])
    for top in a[0]["top_capacity_ends"]] == [58, 349, 742, 957] and
    round(1000 * a[0]["top_10_touching_sat"] / a[0]["capacity_sat"]) == 523'
