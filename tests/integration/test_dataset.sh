#!/bin/sh
# SPDX-License-Identifier: MIT
# The bundled network, made anew from the command in its manifest, is the one that is bundled.
exec "$(dirname "$0")/../../tools/make-dataset" --check "$1"
