#!/bin/sh
# SPDX-License-Identifier: MIT
# Every kind of bad input: one clear line on standard error, the right status, nothing else.
# shellcheck source=tests/integration/check.sh
. "$(dirname "$0")/check.sh"
python3 "$here/network.py"
run import small.json -o small.fgr
is 0 "small network imported"

amount() {
    fails 2 "amount $1" "$2" route -g small.fgr alpha gamma "$1"
}
amount 1000 "'1000' has no unit: write 1000sat, 1000msat or 1000btc"
amount 0.5 "has no unit"
amount -5sat "'-5sat' is negative"
amount -0.1btc "'-0.1btc' is negative"
amount 0sat "is zero: the least is 1msat"
amount 0.0btc "is zero"
amount 21000001btc "is above 21 million BTC"
amount 2100000000000001sat "is above 21 million BTC"
amount 99999999999999999999999999999999sat "is above 21 million BTC"
amount 0.5msat "is finer than 1 msat"
amount 1,000sat "has the unknown unit ',000sat': write plain digits, then sat, msat or btc"
amount 10usd "has the unknown unit 'usd'"
amount 1e3sat "has the unknown unit"
amount sat "is not a number"
amount "" "is not a number"
amount "5 sat" "has the unknown unit ' sat'"

option() {
    what=$1
    text=$2
    shift 2
    fails 2 "$what" "$text" route -g small.fgr alpha gamma 5sat "$@"
}
option "--max-fee without unit" "--max-fee '5' has no unit" --max-fee 5
option "--max-fee negative" "--max-fee '-1%' is negative" --max-fee -1%
option "--max-fee nonsense" "is neither a share like 0.5% nor an amount" --max-fee x%
option "--max-hops 0" "--max-hops 0 is out of range: 1 to 27" --max-hops 0
option "--max-hops 28" "--max-hops 28 is out of range: 1 to 27" --max-hops 28
option "--max-cltv nonsense" "--max-cltv 'x' is not a whole number" --max-cltv x
option "--max-hops huge" "--max-hops 99999999999 is out of range: 1 to 27" --max-hops 99999999999
option "--max-hops negative" "--max-hops '-1' is not a whole number" --max-hops -1
option "--max-cltv huge" "out of range: 1 to 4294967295" --max-cltv 99999999999999999999999
option "--max-cltv below --final-cltv" "max_cltv 5 is below final_cltv 18" --max-cltv 5

split() {
    what=$1
    text=$2
    shift 2
    fails 2 "split with $what" "$text" split -g small.fgr alpha gamma 5sat "$@"
}
fails 2 "split of nothing" "AMOUNT '0sat' is zero: the least is 1msat" \
    split -g small.fgr alpha gamma 0sat
fails 2 "split of an amount without unit" "AMOUNT '5' has no unit" split -g small.fgr alpha gamma 5
split "no part" "--max-parts 0 is out of range: 1 to 128" --max-parts 0
split "too many parts" "--max-parts 129 is out of range: 1 to 128" --max-parts 129
split "parts of nothing" "--min-part '0sat' is zero: the least is 1msat" --min-part 0sat
split "parts above the amount" "--min-part '5001msat' is above AMOUNT" --min-part 5001msat
split "parts without a unit" "--min-part '5' has no unit" --min-part 5
split "a fee without a unit" "--max-fee '5' has no unit" --max-fee 5
split "hops out of range" "--max-hops 28 is out of range: 1 to 27" --max-hops 28
split "a gap above all" "--max-gap 1000001 is out of range: 0 to 1000000" --max-gap 1000001
split "a gap with a unit" "--max-gap '5ppm' is not a whole number" --max-gap 5ppm
split "--max-cltv below --final-cltv" "max_cltv 5 is below final_cltv 18" --max-cltv 5
split "AMP and MPP" "--amp and --mpp exclude each other" --amp --mpp
split "a seed for nothing" "--seed is for --amp, --mpp and --denominations unequal" --seed 00
split "a secret for nothing" "--payment-secret is for --amp and --mpp" --payment-secret 00
split "a short seed" "--seed is not 64 hex digits" --amp --seed 00
split "a seed that is no hex" "--seed is not 64 hex digits" --amp --seed "$(printf '%064d' 0 | tr 0 g)"
split "a long secret" "--payment-secret is not 64 hex digits" --mpp \
    --payment-secret "$(printf '%066d' 0)"
fails 1 "split of more than the source owns" "1,200,000 sat is above what any set of parts delivers: the 2 channels out of the source hold 1,100,000 sat" \
    split -g small.fgr alpha gamma 1200000sat
fails 1 "split from a node to itself" "Source and destination are the same node" \
    split -g small.fgr alpha alpha 5sat
fails 3 "split to nobody" "no node has the alias 'nobody'" split -g small.fgr alpha nobody 5sat

node() {
    fails 3 "node $1" "$2" route -g small.fgr alpha "$3" 5sat
}
node "with unknown alias" "no node has the alias 'nobody'" nobody
node "with unknown prefix" "no node has an id that starts with 02020202" 02020202
node "with a short prefix" "a prefix of a node id needs at least 8 hex digits" 02c604
node "with an ambiguous prefix" "fits 2 nodes: 037cee69225930d9" 037cee69
node "with an ambiguous prefix, second candidate" "037cee698caa3f97" 037cee69
node "with an ambiguous alias" "fits 2 nodes: " twin
node "with an ambiguous alias, second candidate" "022f8bde4d1a0720" twin
node "with control characters" "no node has the alias '?[2J'" "$(printf '\033[2J')"
node "empty" "" ""
fails 3 "unknown FROM" "no node has the alias 'nobody'" route -g small.fgr nobody alpha 5sat
fails 3 "FROM with a dash and a digit" "no node has the alias '-5alpha'" \
    route -g small.fgr -- -5alpha gamma 5sat
fails 2 "amount -5sat behind --" "AMOUNT '-5sat' is negative" \
    route -g small.fgr -- alpha gamma -5sat
fails 1 "FROM is TO" "Source and destination are the same node" route -g small.fgr alpha alpha 5sat

mkdir folder
: >empty
sed 's/0279be66/0279be6600/' nodes.csv >long.csv
printf 'PK\003\004 something else' >foreign
head -c 3000 small.fgr >cut.fgr
cp small.fgr damaged.fgr
printf X | dd of=damaged.fgr bs=1 seek=2000 conv=notrunc 2>dd.err
cp small.fgr locked
chmod 000 locked

image() {
    fails 3 "route on $1" "$2" route -g "$3" alpha gamma 5sat
    fails 3 "split on $1" "$2" split -g "$3" alpha gamma 5sat
    fails 3 "capacity on $1" "$2" capacity -g "$3" alpha gamma
    fails 3 "info of $1" "$2" info "$3"
    fails 3 "batch on $1" "$2" batch -g "$3" q.csv
}
printf 'id,from,to,amount_msat\n1,alpha,gamma,5000\n' >q.csv
image "a missing file" "No such file or directory" missing.fgr
image "an empty file" "make an image with 'fgr import FILE -o G.fgr'" empty
image "a folder" "is a directory" folder
image "a foreign file" "make an image with 'fgr import FILE -o G.fgr'" foreign
image "a JSON" "make an image with 'fgr import FILE -o G.fgr'" small.json
image "a cut image" "make an image with 'fgr import FILE -o G.fgr'" cut.fgr
image "a damaged image" "make an image with 'fgr import FILE -o G.fgr'" damaged.fgr
fails 3 "empty standard input as image" "standard input: the image is empty; make an image" info -
status=0
yes | timeout 60 "$fgr" info - >out 2>err || status=$?
is 3 "endless text as image"
holds "endless text as image: says so" grep -q '^fgr info: standard input: not an image: ' err
status=0
cat small.fgr /dev/zero | timeout 60 "$fgr" info - >out 2>err || status=$?
is 3 "an image without end"
holds "an image without end: says so" grep -q 'the image is followed by other bytes' err
fails 2 "an empty name as image" "-g G.fgr is missing" route -g '' alpha gamma 5sat

snapshot() {
    fails 3 "import of $1" "$2" import "$3" -o new.fgr
    holds "import of $1 leaves nothing" sh -c '! ls new.fgr* .new* >/dev/null 2>&1'
}
snapshot "a missing file" "missing: " missing
snapshot "an empty file" "empty: " empty
snapshot "a folder" "folder: " folder
snapshot "an empty name" "'': cannot open: No such file or directory" ''
snapshot "a foreign file" "foreign: the content is none of gossip_store," foreign
snapshot "a nodes.csv" "(whose first line names scid), fgr image: it begins with 'node_index,node_id'" \
    nodes.csv
snapshot "a cut image" "cut.fgr: image: the image is truncated: 3000 bytes of " cut.fgr
head -c 1000 small.json >cut.json
snapshot "a cut JSON" "record 7 at byte 930: the file is cut inside this node, at byte 1000" cut.json
gzip -c small.json | head -c 500 >cut.gz
snapshot "a cut gzip" "cut.gz: gzip data after byte 500 of the compressed file: the data ends early" \
    cut.gz
sed 's/0279be66/0279be6600/' small.json >long.json
snapshot "an id of 68 digits" \
    "record 0 at byte 11: pub_key is '0279be66007ef9dcbbac55a06295ce870b07029b...' (68 bytes), not a" long.json
fails 3 "import of a nodes.csv with an id of 68 digits" "nodes file: record 0 at byte 19: node_id is" \
    import channels.csv --nodes long.csv -o new.fgr
fails 3 "import with an empty nodes.csv" "nodes file: the file is empty" \
    import channels.csv --nodes empty -o new.fgr
fails 3 "import into a missing folder" "No such file or directory" import small.json -o no/new.fgr
fails 3 "import onto a folder" "folder" import small.json -o folder
holds "import onto a folder leaves it empty" rmdir folder
(
    export TMPDIR=no
    fails 3 "import to standard output without a folder for it" \
        "cannot make a temporary file in no: No such file or directory (TMPDIR names another folder)" \
        import small.json -o -
)
fails 3 "import onto a device" "cannot write /dev/null: it is not a regular file" \
    import small.json -o /dev/null
cp small.fgr kept.fgr
run import cut.json -o kept.fgr
same "a failed import keeps the image that was there" small.fgr kept.fgr

# Root may do everything: its checks of permissions run as nobody, with a copy that nobody can read.
mkdir closed
chmod 500 closed
everybody=$fgr
if [ -r locked ]; then
    chmod 755 .
    cp "$fgr" copy
    cat >nobody <<'END'
#!/bin/sh
exec setpriv --reuid=65534 --regid=65534 --clear-groups ./copy "$@"
END
    chmod 755 copy nobody
    fgr=./nobody
fi
if "$fgr" version >out 2>err; then
    image "a file without permission" "locked: Permission denied" locked
    snapshot "a file without permission" "locked: cannot open: Permission denied" locked
    fails 3 "import into a folder without permission" "closed/" import small.json -o closed/new.fgr
    holds "import into a folder without permission: says so" grep -q 'Permission denied$' err
    fails 3 "batch with a file without permission" "cannot open locked: Permission denied" \
        batch -g small.fgr locked
else
    skip "files without permission" "root, and nobody may not run fgr here"
fi
fgr=$everybody
chmod 700 locked closed

queries() {
    fails 3 "batch with $1" "$2" batch -g small.fgr "$3"
}
mkdir folder
queries "a missing file" "cannot open missing.csv: No such file or directory" missing.csv
queries "an empty name" "cannot open '': No such file or directory" ""
queries "an empty file" "empty: line 1: the file is empty" empty
queries "a folder" "cannot read folder: Is a directory" folder
queries "a JSON" "small.json: line 1: " small.json
printf '1,alpha,gamma,5000\n' >headless.csv
queries "a file without header" "headless.csv: line 1: unknown column 1" headless.csv
