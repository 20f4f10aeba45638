#!/bin/sh
# SPDX-License-Identifier: MIT
# One build runs on every x86-64: on an emulated first one, without AVX, it gives the same bytes as
# on the CPU at hand.
# shellcheck source=tests/integration/check.sh
. "$(dirname "$0")/check.sh"
if ! command -v qemu-x86_64 >/dev/null || [ "$(uname -m)" != x86_64 ]; then
    echo "no qemu-x86_64, or no x86-64"
    exit 77
fi
{
    echo "id,from,to,amount_msat,max_cltv"
    sed -n '2,41s/^\([^,]*\),\([^,]*\),\(.*\)/\1-\2,\3,20000000,400/p' \
        "$source_folder/datasets/synth-pairs.csv"
} >queries.csv

# answers NAME RUNNER...: imports the bundled network and answers the queries with that fgr
answers() {
    name=$1
    shift
    "$@" import "$source_folder/datasets/synth-mainnet.fgr.zst" -o "$name.fgr" >/dev/null &&
        "$@" batch -g "$name.fgr" queries.csv >"$name.answers"
    holds "$name: ran" test $? -eq 0
    sed 's/"elapsed_ns":[0-9]*//' "$name.answers" >"$name.timeless"
}

answers native "$fgr"
answers plain qemu-x86_64 -cpu qemu64 "$fgr"
holds "there are routes" grep -q '"status":"ok"' native.timeless
same "the same image" native.fgr plain.fgr
same "the same answers" native.timeless plain.timeless
