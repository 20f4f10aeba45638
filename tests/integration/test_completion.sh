#!/bin/sh
# SPDX-License-Identifier: MIT
# bash completion: what it offers is what fgr --help says.
# shellcheck source=tests/integration/check.sh
. "$(dirname "$0")/check.sh"
if ! command -v bash >/dev/null; then
    echo "no bash"
    exit 77
fi
cat >complete.bash <<'END'
# complete.bash COMPLETION FGR WORD...: what is offered for the last word
source "$1"
shift
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_fgr "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
printf '%s\n' "${COMPREPLY[@]}"
END
# offers WHAT EXPECTED WORD...: the words after fgr, the last one to be completed
offers() {
    what=$1
    expected=$2
    shift 2
    got=$(bash complete.bash "$source_folder/tools/fgr/completion/fgr.bash" "$fgr" "$@" |
        sort | tr '\n' ' ')
    if [ "$got" = "$expected" ]; then
        ok "$what"
    else
        not_ok "$what" "'$got' instead of '$expected'"
    fi
}
touch mainnet.fgr
commands=$("$fgr" help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p' | sort | tr '\n' ' ')
offers "commands" "$commands" ""
offers "one command" "route " ro
offers "help of a command" "batch " help b
offers "short options" "-g " route -g
offers "options of import" "--nodes " import --n
offers "options of route" "--max-cltv --max-fee --max-hops " route -g mainnet.fgr --max
offers "options of split" "--max-cltv --max-fee --max-gap --max-hops --max-parts " \
    split -g mainnet.fgr --max
offers "files" "mainnet.fgr " info main
offers "files behind -g" "mainnet.fgr " route -g ma
