# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# Sourced by quickstart and test: the Debian 12 packages they need, and how they are installed.

FGR_BUILD_PACKAGES="gcc libc6-dev cmake ninja-build pkgconf libsecp256k1-dev libxxhash-dev \
libssl-dev libhiredis-dev libyajl-dev zlib1g-dev liblzma-dev libzstd-dev libbz2-dev libjemalloc-dev"
# shellcheck disable=SC2034  # used by test
FGR_TEST_PACKAGES="$FGR_BUILD_PACKAGES g++ binutils redis-server redis-tools libcriterion-dev liblemon-dev python3 clang \
clang-format clang-tidy libclang-rt-14-dev shellcheck help2man man-db qemu-user"

# fgr_install PACKAGE...: installs those that are missing. Needs no network and no root if none is.
fgr_install() {
    missing=
    for package in "$@"; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
            missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    if ! command -v apt-get >/dev/null; then
        echo "This needs Debian 12 or the equivalents of:$missing" >&2
        return 1
    fi
    sudo=
    if [ "$(id -u)" -ne 0 ]; then
        sudo=sudo
        command -v sudo >/dev/null || {
            echo "Run this as root once, or install:$missing" >&2
            return 1
        }
    fi
    echo "Installing:$missing"
    # An archive of somebody else that cannot be reached fails the update; what we need may be there.
    fgr_quietly build/apt-update.log $sudo apt-get update || true
    # shellcheck disable=SC2086  # a list of words
    fgr_quietly build/apt.log $sudo env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y --no-install-recommends $missing
}

# fgr_quietly LOG COMMAND...: the output goes to LOG, and its end to stderr if the command fails.
fgr_quietly() {
    log=$1
    shift
    mkdir -p "$(dirname "$log")"
    if ! "$@" >"$log" 2>&1; then
        echo "Failed: $*" >&2
        tail -n 60 "$log" >&2
        return 1
    fi
}
