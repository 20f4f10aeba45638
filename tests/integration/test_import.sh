#!/bin/sh
# SPDX-License-Identifier: MIT
# fgr import: the report, standard streams, and one network in several formats.
# shellcheck source=tests/integration/check.sh
. "$(dirname "$0")/check.sh"
python3 "$here/network.py"

run import small.json -o small.fgr
is 0 "describegraph"
holds "the report names the format" grep -qE '^small.json +describegraph$' out
holds "the report counts" sh -c 'grep -qE "^channels +9$" out && grep -qE "^  disabled +2$" out'
run import small.json -o again.fgr --json
is 0 "report as JSON"
holds "report as JSON: figures" python3 "$here/field.py" out 'a[0]["input"] == "small.json" and
    a[0]["output"] == "again.fgr" and a[0]["format"] == "describegraph" and a[0]["nodes"] == 9 and
    a[0]["channels"] == 9 and a[0]["policies"] == 18 and a[0]["disabled"] == 2'
same "the same bytes again" small.fgr again.fgr
"$fgr" import - -o piped.fgr <small.json >out 2>err
same "through standard input" small.fgr piped.fgr
TMPDIR=. "$fgr" import small.json -o - >piped.fgr 2>err
same "through standard output" small.fgr piped.fgr
holds "the report is on standard error then" grep -q describegraph err
holds "no temporary file stays" sh -c '! ls fgr.* >/dev/null 2>&1'
gzip -k small.json
run import small.json.gz -o piped.fgr
same "compressed" small.fgr piped.fgr
run import small.fgr -o piped.fgr
same "an image again" small.fgr piped.fgr

run import channels.csv --nodes nodes.csv -o csv.fgr
is 0 "csv"
"$fgr" route -g csv.fgr 0279be66 02f9308a 200000sat --json | sed 's/"elapsed_ns":[0-9]*//' >this
"$fgr" route -g small.fgr 0279be66 02f9308a 200000sat --json | sed 's/"elapsed_ns":[0-9]*//' >that
same "csv and describegraph give one answer" this that
