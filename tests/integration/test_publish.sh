#!/bin/sh
# SPDX-License-Identifier: MIT
# fgr gossip publish: a file's messages in the stream of a real redis-server, which this script starts
# and stops.
# shellcheck source=tests/integration/check.sh
. "$(dirname "$0")/check.sh"

fails 2 "publish without a file" "publish needs one FILE, 0 given" gossip publish
fails 2 "an option of another action" "--threads is no option of publish" \
    gossip publish x --threads 2
fails 2 "an option of publish" "--redis is no option of verify" gossip verify x --redis unix:///x
fails 2 "no address" "is no address of a Redis server" gossip publish x --redis localhost:1
fails 2 "a password on the command line" "an address has no user and password" \
    gossip publish x --redis redis://user:secret@localhost
fails 2 "no entries" "--max-entries 0 is out of range" gossip publish x --max-entries 0
fails 3 "no file" "gone: cannot open" gossip publish gone

if ! command -v redis-server >/dev/null || ! command -v redis-cli >/dev/null; then
    skip "publish into a stream" "no redis-server"
    exit 0
fi
socket=$PWD/socket
redis-server --port 0 --unixsocket "$socket" --save '' --appendonly no --dir "$PWD" >log 2>&1 &
server=$!
trap 'kill $server 2>/dev/null' EXIT
trap 'exit 1' INT TERM
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    redis-cli -s "$socket" ping >/dev/null 2>&1 && break
    sleep 0.1
done

cli() {
    redis-cli -s "$socket" "$@"
}
is_cli() {
    want=$1
    shift
    [ "$(cli "$@")" = "$want" ]
}

for format in gossip_store gsp; do
    "$FGR_SIGNED_STORE" $format good >good.$format
    run gossip publish good.$format --redis "unix://$socket" --stream $format
    is 0 "$format: published"
    holds "$format: counts" grep -qE "^messages +20$" out
    holds "$format: entries" is_cli 20 XLEN $format
    holds "$format: no word on standard error" is_empty err
done
holds "capacities of a gossip_store" sh -c \
    "[ \$(redis-cli -s '$socket' XRANGE gossip_store - + | grep -cx sat) = 5 ]"
holds "no capacities in a GSP" sh -c \
    "[ \$(redis-cli -s '$socket' XRANGE gsp - + | grep -cx sat) = 0 ]"
run gossip publish good.gsp --redis "unix://$socket" --json
is 0 "as JSON"
holds "as JSON: figures" python3 "$here/field.py" out 'a[0]["messages"] == 20 and
    a[0]["stream"] == "ln:gossip" and a[0]["with_capacity"] == 0 and a[0]["format"] == "gsp"'
holds "the usual stream" is_cli 20 XLEN ln:gossip
gzip -k good.gsp
run gossip publish good.gsp.gz --redis "unix://$socket" --stream again
is 0 "compressed"
for _ in 1 2 3 4 5 6 7 8 9 10 11 12; do
    run gossip publish good.gsp --redis "unix://$socket" --stream short --max-entries 30
done
holds "a limit on the stream" sh -c "[ \$(redis-cli -s '$socket' XLEN short) -lt 160 ]"

# What can be read is published, and the message says how much.
head -c -1 good.gsp >cut_off
fails 3 "cut" "the file is cut inside the message (19 messages are in the stream)" \
    gossip publish cut_off --redis "unix://$socket" --stream cut
python3 "$here/network.py"
fails 3 "no signatures in it" "no other format has signatures" \
    gossip publish small.json --redis "unix://$socket"
cli SET text value >/dev/null
fails 3 "a key that is no stream" "WRONGTYPE" \
    gossip publish good.gsp --redis "unix://$socket" --stream text

# Who logs in.
cli ACL SETUSER writer on '>other' '~*' '+@all' >/dev/null
cli CONFIG SET requirepass secret >/dev/null
unset FGR_REDIS_USER FGR_REDIS_PASSWORD
fails 3 "no password" "NOAUTH" gossip publish good.gsp --redis "unix://$socket"
FGR_REDIS_PASSWORD=secret run gossip publish good.gsp --redis "unix://$socket"
is 0 "a password from the environment"
echo secret >one_line
printf 'writer\nother\n' >two_lines
printf 'a\nb\nc\n' >three_lines
: >no_lines
chmod 640 one_line two_lines three_lines no_lines
run gossip publish good.gsp --redis "unix://$socket" --auth one_line
is 0 "a password from a file"
run gossip publish good.gsp --redis "unix://$socket" --auth two_lines
is 0 "user and password from a file"
fails 3 "three lines" "more than two lines" gossip publish good.gsp --auth three_lines
fails 3 "no lines" "is empty" gossip publish good.gsp --auth no_lines
fails 3 "no such file of a password" "cannot open" gossip publish good.gsp --auth gone
echo wrong >one_line
fails 3 "a wrong password" "WRONGPASS" \
    gossip publish good.gsp --redis "unix://$socket" --auth one_line
holds "the password is not shown" sh -c '! grep -q wrong err'
chmod 644 one_line
fails 2 "a password that everybody can read" "chmod o-r" gossip publish good.gsp --auth one_line

if command -v script >/dev/null; then
    FGR_REDIS_PASSWORD=secret script -qec \
        "$fgr gossip publish good.gsp --redis unix://$socket >/dev/null" typescript >/dev/null 2>&1 </dev/null
    holds "a bar on a terminal" grep -qE '\[[#-]{30}\] +[0-9]+ %' typescript
else
    skip "a bar on a terminal" "no script"
fi
