#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Includes point downward only, are written from the root, start with the file's own header, and
each outside library is included in its one place."""
import os
import re

import common

# Deepest first; the longest matching prefix is the layer of a file.
LAYERS = {"graph/util/": 0, "graph/": 1, "engine/": 2, "tools/": 3, "bench/": 4, "tests/": 4}
PUBLIC = {"fulgurite/base.h": 0, "fulgurite/graph.h": 1, "fulgurite/overlay.h": 1,
          "fulgurite/route.h": 2, "fulgurite/amp.h": 2, "fulgurite/reserve.h": 2,
          "fulgurite/split.h": 2, "fulgurite/capacity.h": 2, "fulgurite/choice.h": 2,
          "fulgurite/fulgurite.h": 2}

# Header pattern -> where it may be included (files or folders). Everything in tests/stress and
# tests/support may use threads of its own.
HOMES = {
    r"secp256k1.*": ["graph/curve.c"],
    r"hiredis/.*": ["graph/feed_redis/", "tests/support/redis_server.c",
                     "bench/bench_feed.c"],
    r"yajl/.*": ["graph/util/json.c"],
    r"openssl/.*": ["graph/util/sha256.c"],
    r"xxh.*\.h": ["graph/util/hash.c"],
    r"(zlib|bzlib|lzma|zstd)\.h": ["graph/import/codec.c", "tests/support/packer.c"],
    r"(stdatomic|pthread|threads|semaphore)\.h": [
        "graph/util/thread.h", "graph/util/parallel.c", "graph/util/pipeline.c", "graph/publish.c",
        "engine/reserve.c", "tests/stress/", "tests/support/"],
    r"argp\.h": ["tools/fgr/"],
    r"criterion/.*": ["tests/"],
    r"lemon/.*": ["tests/oracle/lemon.cc"],
    r"jemalloc/.*": [],
}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)


def layer(path):
    prefixes = [p for p in LAYERS if path.startswith(p)]
    return LAYERS[max(prefixes, key=len)] if prefixes else None


def check_project(path, header, at, known):
    """A quoted include."""
    level = PUBLIC.get(header, layer(header))
    if level is None or (header not in PUBLIC and header not in known):
        return [f'{at}: "{header}" is not a path from the root']
    if level > PUBLIC.get(path.removeprefix("engine/include/"), layer(path)):
        return [f'{at}: "{header}" is in a layer above {os.path.dirname(path)}/']
    return []


def check_system(path, header, at):
    """An include in angle brackets."""
    for pattern, homes in HOMES.items():
        if re.fullmatch(pattern, header) and not any(
                path == home or (home.endswith("/") and path.startswith(home)) for home in homes):
            return [f"{at}: <{header}> belongs in {' or '.join(homes) or 'no file'}"]
    return []


def lint(files):
    findings = []
    for path, text in files.items():
        includes = [(m[1], m[2], f"{path}:{text.count(chr(10), 0, m.start()) + 1}")
                    for m in INCLUDE.finditer(text)]
        for bracket, header, at in includes:
            findings += (check_system(path, header, at) if bracket == "<"
                         else check_project(path, header, at, files))
        own = path.removesuffix(".c") + ".h"
        if path.endswith(".c") and own in files and (not includes or includes[0][1] != own):
            findings.append(f'{path}:1: include "{own}" first')
    return findings


if __name__ == "__main__":
    GOOD = {"graph/a.h": "", "graph/util/b.h": '#include "fulgurite/base.h"',
            "graph/a.c": '#include "graph/a.h"\n#include "graph/util/b.h"\n#include <stdio.h>\n',
            "graph/curve.c": "#include <secp256k1.h>\n",
            "tests/unit/test_a.c": '#include <criterion/criterion.h>\n#include "graph/a.h"\n'}
    BAD = [({"graph/util/b.c": '#include "graph/a.h"', "graph/a.h": ""}, "layer above"),
           ({"graph/a.c": '#include "fulgurite/route.h"'}, "layer above"),
           ({"engine/a.c": '#include "b.h"', "engine/b.h": ""}, "path from the root"),
           ({"engine/a.c": '#include <x.h>\n#include "engine/a.h"', "engine/a.h": ""}, "first"),
           ({"engine/a.c": "# include <secp256k1.h>"}, "belongs in graph/curve.c"),
           ({"engine/a.c": "#include <stdatomic.h>"}, "belongs in graph/util/thread.h"),
           ({"tools/fgr/a.c": "#include <jemalloc/jemalloc.h>"}, "no file"),
           ({"tools/fgr/a.c": '#include "tests/a.h"', "tests/a.h": ""}, "layer above")]
    common.run("layers", lint, common.read(common.paths("*.c", "*.h", "tests/oracle/*.cc")), BAD, GOOD)
