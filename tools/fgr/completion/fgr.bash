# SPDX-License-Identifier: MIT
# Bash completion of fgr. Commands and options are asked of fgr itself, so they are those of the
# version that is installed.

_fgr_commands() {
    "$1" help 2>/dev/null | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p'
}

_fgr_options() {
    "$1" "$2" --help 2>/dev/null | sed -n 's/^ *\(\(-.,\)* *--[a-z-]*\).*/\1/p' | tr -d ','
}

_fgr() {
    local fgr=$1 current=$2 command=${COMP_WORDS[1]}
    COMPREPLY=()
    if ((COMP_CWORD == 1)); then
        mapfile -t COMPREPLY < <(compgen -W "$(_fgr_commands "$fgr")" -- "$current")
    elif [[ $command == help ]]; then
        ((COMP_CWORD > 2)) ||
            mapfile -t COMPREPLY < <(compgen -W "$(_fgr_commands "$fgr")" -- "$current")
    elif [[ $current == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$(_fgr_options "$fgr" "$command")" -- "$current")
    else
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
    fi
}

complete -F _fgr fgr
