#!/bin/sh
# SPDX-License-Identifier: MIT
# fgr gossip verify: what is proven, what is not and where, in both formats.
# shellcheck source=tests/integration/check.sh
. "$(dirname "$0")/check.sh"
has_lines() {
    [ "$(wc -l <"$2")" -eq "$1" ]
}
for format in gossip_store gsp; do
    "$FGR_SIGNED_STORE" $format good >good.$format
    "$FGR_SIGNED_STORE" $format bad >bad.$format
    run gossip verify good.$format
    is 0 "$format: all proven"
    holds "$format: counts" grep -qE "^proven messages +20$" out
    holds "$format: format" grep -qE "^good.$format +$format$" out
    holds "$format: no word on standard error" is_empty err
    run gossip verify good.$format --json --threads 3
    holds "$format: as JSON" python3 "$here/field.py" out 'len(a) == 1 and a[0]["messages"] == 20 and
        a[0]["channel_announcements"] == 5 and a[0]["channel_updates"] == 10 and
        a[0]["node_announcements"] == 5 and a[0]["signatures"] == 35 and a[0]["proven"] == 20 and
        a[0]["forged"] == 0 and a[0]["format"] == "'$format'"'

    run gossip verify bad.$format
    is 3 "$format: not all proven"
    holds "$format: the two fields of a channel_announcement" grep -qxE \
        "record [0-9]+ at byte [0-9]+: channel_announcement 700001x1x0: node_signature_2 is not by \
the key over these bytes; bitcoin_signature_1 is not by the key over these bytes" out
    holds "$format: a channel_update" grep -qxE "record [0-9]+ at byte [0-9]+: channel_update \
700001x1x0: signature is not by the key over these bytes" out
    holds "$format: a cut message" \
        grep -qxE "record [0-9]+ at byte [0-9]+: node_announcement: ends before its fields do" out
    holds "$format: an update of nobody" grep -qxE "record [0-9]+ at byte [0-9]+: channel_update \
700001x1x999: no channel_announcement before it says whose signature it should have" out
    grep "^record" out >bad_lines
    holds "$format: nothing else is bad" has_lines 4 bad_lines
    holds "$format: the rest is proven" grep -qE "^proven messages +17$" out
    holds "$format: one line says so" grep -qx \
        "fgr gossip: bad.$format: 4 of 21 messages not proven" err
    run gossip verify bad.$format --json
    is 3 "$format: not all proven, as JSON"
    holds "$format: as JSON, what is bad" python3 "$here/field.py" out 'len(a) == 5 and
        [x["verdict"] for x in a[:4]] == ["forged", "forged", "short", "no_signer"] and
        [x["type"] for x in a[:4]] == [256, 258, 257, 258] and a[0]["scid"] == "700001x1x0" and
        [(x["field"], x["fault"]) for x in a[0]["signatures"]] ==
            [("node_signature_2", "wrong"), ("bitcoin_signature_1", "wrong")] and
        a[1]["signatures"] == [{"field": "signature", "fault": "wrong"}] and
        a[4]["proven"] == 17 and a[4]["forged"] == 2'

    gzip -k good.$format
    run gossip verify good.$format.gz
    is 0 "$format: compressed"
    status=0
    "$fgr" gossip verify - <good.$format >out 2>err || status=$?
    is 0 "$format: standard input"
    head -c -1 good.$format >cut_off
    fails 3 "$format: cut" "the file is cut inside the" gossip verify cut_off
done
run import good.gossip_store -o good.fgr
is 0 "what is signed is imported, too"

head -c 4 good.gsp >empty
run gossip verify empty
is 0 "a file without messages"
printf 'GSP\001\376\000\001\000\000' >long
fails 3 "a length beyond any message" "record 0 at byte 4: no message is as long as it says" \
    gossip verify long
printf 'GSP\001\375\000\001\000' >long
fails 3 "a length in a longer form" "not in its shortest form" gossip verify long
python3 "$here/network.py"
fails 3 "no signatures in it" "neither a gossip_store nor a GSP file" gossip verify small.json
fails 3 "no such file" "gone: cannot open" gossip verify gone
: >nothing
fails 3 "an empty file" "neither a gossip_store nor a GSP file" gossip verify nothing
fails 2 "no action" "an action is missing" gossip
fails 2 "another action" "'prove' is no action: there are 'verify', 'publish' and 'follow'" gossip prove x
fails 2 "no file" "verify needs one FILE, 0 given" gossip verify
fails 2 "two files" "verify needs one FILE, 2 given" gossip verify a b
fails 2 "threads" "--threads" gossip verify a --threads 0

if command -v script >/dev/null; then
    script -qec "$fgr gossip verify good.gsp >/dev/null" typescript >/dev/null 2>&1 </dev/null
    holds "a bar on a terminal" grep -qE '\[[#-]{30}\] +[0-9]+ %' typescript
else
    skip "a bar on a terminal" "no script"
fi

# What Core Lightning wrote and nodes of mainnet and regtest signed.
if [ -e "$shared/vectors/cln-gossip_store.mesh-3x3.xz" ]; then
    for store in mesh-3x3 simple; do
        run gossip verify "$shared/vectors/cln-gossip_store.$store.xz"
        is 0 "real store $store"
    done
    run gossip verify "$shared/vectors/cln-gossip_store-part1.xz"
    is 0 "real mainnet store"
    xz -dc "$shared/vectors/cln-gossip_store-part1.xz" >whole
    xz -dc "$shared/vectors/cln-gossip_store-part2.xz" >>whole
    # Its last record, a deletion of 22 bytes, has a checksum that does not fit.
    fails 3 "real mainnet store that grew" "record 185 at byte 42653: checksum 911183f6" \
        gossip verify whole
    head -c -22 whole >all_but_one
    run gossip verify all_but_one --json
    is 0 "real mainnet store that grew, without its damaged end"
    holds "its counts" python3 "$here/field.py" out 'a[0]["proven"] == a[0]["messages"] == 92 and
        a[0]["channel_announcements"] == 88 and a[0]["channel_updates"] == 4 and
        a[0]["deleted"] == 6'
else
    skip "real stores" "the snapshot is not here"
fi
