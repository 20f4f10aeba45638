#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""amp_vectors.py [--check]: writes amp_vectors.h beside this script, or checks that it is what this
script writes: AMP as LND derives it and the random stream of engine/amp.c, by hashlib alone."""
import hashlib
import pathlib
import sys

HEADER = pathlib.Path(__file__).with_suffix(".h")
STEP = 0x9E3779B1


def sha256(data):
    return hashlib.sha256(data).digest()


def xor(a, b):
    return bytes(x ^ y for x, y in zip(a, b))


def child(root, share, index):
    preimage = sha256(root + share + index.to_bytes(4, "big"))
    return share, preimage, sha256(preimage), index


class Sender:
    """One payment: every random number is the next block of a stream."""

    def __init__(self, seed):
        self.seed = seed
        self.used = 0
        self.root = self.rest = self.block()
        self.set_id = self.block()
        self.index = int.from_bytes(self.block()[:4], "little")

    def block(self):
        self.used += 1
        return sha256(b"fulgurite/amp" + self.seed + (self.used - 1).to_bytes(8, "big"))

    def split(self, n):
        children = []
        for number in range(n):
            share = self.rest if number == n - 1 else self.block()
            self.rest = xor(self.rest, share)
            children.append(child(self.root, share, self.index))
            self.index = (self.index + STEP) % 2**32
        return children

    def cancel(self, one):
        self.rest = xor(self.rest, one[0])


def c_bytes(data):
    text = "".join(f"\\x{byte:02x}" for byte in data)
    return "\n     ".join(f'"{text[i:i + 64]}"' for i in range(0, len(text), 64))


def c_child(one):
    share, preimage, digest, index = one
    return f"    {{{c_bytes(share)},\n     {c_bytes(preimage)},\n     {c_bytes(digest)},\n" \
           f"     UINT32_C({index:#010x})}},"


def table(name, children):
    rows = "\n".join(c_child(one) for one in children)
    return f"static const struct fgr_amp_vector {name}[{len(children)}] = {{\n{rows}\n}};\n"


def text():
    sender = Sender(bytes(range(32)))
    four = sender.split(4)
    sender.cancel(four[1])
    sender.cancel(four[3])
    again = sender.split(3)
    alone = Sender(b"\xff" * 32).split(1)
    # Shares and indexes that no stream has made, at the ends of their ranges.
    shares = [b"\0" * 32, b"\xff" * 32, bytes(range(32, 64)), sha256(b"share")]
    root = b"\0" * 32
    for share in shares:
        root = xor(root, share)
    fixed = [child(root, *pair) for pair in zip(shares, (0, 1, 0x80000000, 0xFFFFFFFF))]
    return f"""/* SPDX-License-Identifier: MIT */
/* amp_vectors.h - written by amp_vectors.py; do not edit.
 *
 * Threads: constants only. */
#ifndef FGR_TESTS_SUPPORT_AMP_VECTORS_H
#define FGR_TESTS_SUPPORT_AMP_VECTORS_H

#include <stdint.h>

/* clang-format off */

struct fgr_amp_vector {{
    const char *share, *preimage, *hash; /* 32 bytes each */
    uint32_t index;
}};

/* Seed 00 01 .. 1f: root, set, four parts, and three instead of the second and the fourth. */
static const char fgr_amp_vector_root[] =
     {c_bytes(sender.root)};
static const char fgr_amp_vector_set_id[] =
     {c_bytes(sender.set_id)};
{table("fgr_amp_vector_four", four)}{table("fgr_amp_vector_again", again)}
/* Seed ff .. ff: one part. */
{table("fgr_amp_vector_alone", alone)}
/* Parts of nobody's seed, and their root. */
static const char fgr_amp_vector_fixed_root[] =
     {c_bytes(root)};
{table("fgr_amp_vector_fixed", fixed)}
#endif
"""


if __name__ == "__main__":
    if sys.argv[1:] == ["--check"]:
        same = HEADER.read_text() == text()
        print("ok - amp_vectors.h is what its script writes" if same
              else "not ok - amp_vectors.h is not what its script writes: run it")
        sys.exit(0 if same else 1)
    HEADER.write_text(text())
