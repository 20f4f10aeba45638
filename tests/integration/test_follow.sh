#!/bin/sh
# SPDX-License-Identifier: MIT
# fgr gossip follow: a network kept live from a gossip_store that grows, and from the stream of a real
# redis-server, which this script starts and stops.
# shellcheck source=tests/integration/check.sh
. "$(dirname "$0")/check.sh"

fails 2 "two files" "follow takes at most one FILE, 2 given" gossip follow a b
fails 2 "a file and a stream" "a FILE or a stream, not both" gossip follow a --stream b
fails 2 "an option of another action" "--max-entries is no option of follow" \
    gossip follow --max-entries 3
fails 2 "an option of follow" "--until-idle is no option of verify" gossip verify x --until-idle
fails 2 "threads" "--threads" gossip follow a --threads 0
fails 3 "no such file" "gone" gossip follow gone

now=$(date +%s)
"$FGR_SIGNED_STORE" gossip_store good "$now" >good.store
"$FGR_SIGNED_STORE" gossip_store bad "$now" >bad.store
"$FGR_SIGNED_STORE" gossip_store good >old.store
fails 3 "no such image" "gone" gossip follow good.store -g gone

# field WHAT EXPRESSION: of the line of JSON in out
field() {
    holds "$1" python3 "$here/field.py" out "$2"
}

run gossip follow good.store --until-idle --json
is 0 "a gossip_store"
field "a gossip_store: figures" 'a[0]["input"] == "good.store" and a[0]["entries"] == 20 and
    a[0]["verified"] == 20 and a[0]["signatures"] == 35 and a[0]["applied"] == 20 and
    a[0]["channels"] == 5 and a[0]["enabled"] == 10 and a[0]["contradictions"] == 0 and
    sum(a[0]["refused"].values()) == 0'
holds "a line a second" grep -qE '^[0-9]+ entries/s, [0-9]+ verified/s, lag 0, view [0-9]+ is [0-9]+ ms old$' err
run gossip follow good.store --until-idle
is 0 "for people"
holds "for people: figures" grep -qE "^changes of the network +20$" out
run gossip follow bad.store --until-idle --json
is 0 "a bad gossip_store"
field "a bad gossip_store: by reason" 'a[0]["refused"]["forged"] == 1 and
    a[0]["refused"]["malformed"] == 1 and a[0]["channels"] == 4 and a[0]["enabled"] == 8'
holds "a bad gossip_store: on the line" grep -qE ', refused: forged 1, malformed 1$' err
run gossip follow bad.store --until-idle --trusted --json
field "signatures that are not looked at" 'a[0]["refused"]["forged"] == 0 and
    a[0]["signatures"] == 0 and a[0]["channels"] == 5'
run gossip follow old.store --until-idle --json
field "an old gossip_store" 'a[0]["refused"]["old"] == 10 and a[0]["channels"] == 5 and
    a[0]["enabled"] == 0'
run import good.store -o good.fgr
run gossip follow good.store -g good.fgr --until-idle --json
field "from an image" 'a[0]["refused"]["duplicate"] == 20 and a[0]["applied"] == 0 and
    a[0]["verified"] == 0 and a[0]["enabled"] == 10'

# follow in the background; the others end it
follow() {
    "$fgr" gossip follow "$@" --json >out 2>err </dev/null &
    follower=$!
    trap 'kill $follower $server 2>/dev/null' EXIT
}
# end SIGNAL
end() {
    kill "-$1" $follower
    status=0
    wait $follower || status=$?
}
server=

# A file that grows meanwhile.
head -c 1500 good.store >growing
follow growing
sleep 0.5
tail -c +1501 good.store >>growing
sleep 1.2
end INT
is 0 "a file that grows"
field "a file that grows: all of it" 'a[0]["applied"] == 20 and a[0]["enabled"] == 10'

if ! command -v redis-server >/dev/null || ! command -v redis-cli >/dev/null; then
    skip "a stream" "no redis-server"
    exit 0
fi
socket=$PWD/socket
start_server() {
    redis-server --port 0 --unixsocket "$socket" --save '' --appendonly yes --appendfsync always \
        --dir "$PWD" >log 2>&1 &
    server=$!
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        redis-cli -s "$socket" ping >/dev/null 2>&1 && break
        sleep 0.1
    done
}
trap 'kill $follower $server 2>/dev/null' EXIT
trap 'exit 1' INT TERM
start_server
"$fgr" gossip publish good.store --redis "unix://$socket" >published
run gossip follow --redis "unix://$socket" --until-idle --json
is 0 "a stream"
field "a stream: figures" 'a[0]["input"] == "ln:gossip" and a[0]["entries"] == 20 and
    a[0]["applied"] == 20 and a[0]["channels"] == 5 and a[0]["enabled"] == 10'

# Entries that come while it is followed, good ones, bad ones and garbage; and a server that goes away.
follow --redis "unix://$socket" --stream live
sleep 0.5
"$fgr" gossip publish bad.store --redis "unix://$socket" --stream live >published
redis-cli -s "$socket" XADD live '*' x y >/dev/null
redis-cli -s "$socket" XADD live '*' m nonsense >/dev/null
sleep 0.5
kill -9 $server
wait $server 2>/dev/null
sleep 1.2
start_server
"$fgr" gossip publish good.store --redis "unix://$socket" --stream live >published
for _ in 1 2 3 4 5 6 7 8 9 10 11 12; do
    sleep 1
    tail -n 1 err | grep -q "not connected" || break
done
sleep 1.2
end TERM
is 0 "a stream that goes on"
field "a stream that goes on: figures" 'a[0]["entries"] == 42 and a[0]["passed_over"] == 1 and
    a[0]["applied"] == 20 and a[0]["refused"]["forged"] == 2 and a[0]["refused"]["malformed"] == 2'
holds "a stream that goes on: without the server" grep -q "not connected" err
