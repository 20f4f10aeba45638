#!/bin/sh
# SPDX-License-Identifier: MIT
# Read by the test_*.sh scripts: runs fgr and prints one line of TAP for each check.
# shellcheck disable=SC2034  # what is set here is used there
fgr=$1
here=$(cd "$(dirname "$0")" && pwd)
source_folder=$(cd "$here/../.." && pwd)
shared=${FGR_SHARED_DATA:-$source_folder/../shared/data}
unset NO_COLOR
cd "$2" || exit 1

ok() {
    echo "ok - $*"
}

not_ok() {
    what=$1
    shift
    printf 'not ok - %s: %s\n' "$what" "$*" | tr '\n' ' '
    echo
}

skip() {
    echo "ok - $1 # SKIP $2"
}

# run ARGUMENT...: fgr; leaves its status in $status, its output in the files out and err
run() {
    status=0
    "$fgr" "$@" >out 2>err </dev/null || status=$?
}

# is STATUS WHAT: the status of the last run
is() {
    if [ "$status" -eq "$1" ]; then
        ok "$2"
    else
        not_ok "$2" "status $status instead of $1; $(head -c 300 err)"
    fi
}

# fails STATUS WHAT TEXT ARGUMENT...: fgr ends with STATUS, nothing on standard output, and one line
# on standard error that has TEXT and begins with the name of the command
fails() {
    want=$1
    what=$2
    text=$3
    shift 3
    run "$@"
    name=fgr
    case $1 in import | info | route | split | capacity | batch | synth | gossip) name="fgr $1" ;; esac
    if [ "$status" -ne "$want" ]; then
        not_ok "$what" "status $status instead of $want; $(head -c 300 err)"
    elif [ -s out ]; then
        not_ok "$what" "standard output has $(head -c 300 out)"
    elif ! is_one_line err; then
        not_ok "$what" "not one line: $(head -c 300 err)"
    elif ! grep -qF -- "$text" err; then
        not_ok "$what" "no '$text' in $(head -c 300 err)"
    elif ! grep -q "^$name: " err; then
        not_ok "$what" "does not begin with '$name: ': $(head -c 300 err)"
    else
        ok "$what"
    fi
}

# For holds: what a file is like.
is_one_line() {
    [ "$(wc -l <"$1")" -eq 1 ]
}
is_empty() {
    [ ! -s "$1" ]
}
has_no_escape() {
    ! grep -q "$(printf '\033')" "$1"
}

# same WHAT FILE FILE
same() {
    if cmp "$2" "$3" >difference 2>&1; then
        ok "$1"
    else
        not_ok "$1" "$(cat difference)"
    fi
}

# holds WHAT COMMAND...: the command succeeds
holds() {
    what=$1
    shift
    if "$@" >holds.out 2>&1; then
        ok "$what"
    else
        not_ok "$what" "$(tail -n 3 holds.out)"
    fi
}
