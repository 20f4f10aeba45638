#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""symbols.py LIBFULGURITE.SO ARCHIVE...: the shared library exports exactly the FGR_API functions
of the installed headers, every other global name starts with fgr_, and no layer has writable
state at file scope."""
import pathlib
import re
import subprocess
import sys
import tempfile

import common

API = re.compile(r"\bFGR_API\b[^;]*?\b(\w+)\s*\(")
# .data.rel.ro is constant once the loader has filled in its addresses.
WRITABLE = re.compile(r"\*COM\*|\.(data|bss|tdata|tbss)(?!\.rel\.ro)")
SYMBOL = re.compile(r"^[0-9a-f]+ (.{7}) (\S+)\s+[0-9a-f]+\s+(.*)$", re.MULTILINE)


def declared(headers):
    """Names of the FGR_API functions in header texts, attributes and comments aside."""
    text = re.sub(r"/\*.*?\*/", "", "\n".join(headers), flags=re.DOTALL)
    text = re.sub(r"#\s*define\s+FGR_API.*", "", text)
    return set(API.findall(text))


def objdump(option, *files):
    """(is global, section, name) of the symbols."""
    out = subprocess.run(["objdump", option, *map(str, files)], check=True,
                         capture_output=True, text=True).stdout
    return [(m[1][0] in "gu!", m[2], m[3].split()[-1]) for m in SYMBOL.finditer(out)]


def exports(symbols, names):
    exported = {name for _, section, name in symbols if section != "*UND*"}
    return ([f"exported but in no header: {name}" for name in sorted(exported - names)]
            + [f"in a header but not exported: {name}" for name in sorted(names - exported)])


def state(symbols):
    return ([f"writable state at file scope: {name}" for _, section, name in symbols
             if WRITABLE.match(section) and not name.startswith(".")]
            + [f"global name without the prefix: {name}" for is_global, section, name in symbols
               if is_global and section != "*UND*" and not name.startswith("fgr_")])


def self_test(folder):
    """Compiles a bad sample, which both checks must flag."""
    source = folder / "bad.c"
    source.write_text('__attribute__((visibility("default"))) int fgr_b(void) { return 1; }\n'
                      "static int count;\nint *next(void) { return &count; }\n")
    subprocess.run(["cc", "-fvisibility=hidden", "-fPIC", "-shared", "-o", folder / "bad.so",
                    source], check=True)
    subprocess.run(["cc", "-c", "-o", folder / "bad.o", source], check=True)
    names = declared(["FGR_API FGR_NODISCARD enum fgr_err fgr_a(struct x *y,\n int z);"])
    found = "\n".join(exports(objdump("-T", folder / "bad.so"), names)
                      + state(objdump("-t", folder / "bad.o")))
    return [f"bad sample not flagged: {needle}"
            for needle in ("no header: fgr_b", "not exported: fgr_a", "file scope: count",
                           "prefix: next") if needle not in found]


def main(library, *archives):
    with tempfile.TemporaryDirectory() as folder:
        good = common.report("symbols: flags its bad sample", self_test(pathlib.Path(folder)))
    headers = common.read(common.paths("engine/include/*.h"))
    names = declared(headers.values())
    good &= common.report(f"symbols: the library exports the {len(names)} names of its headers",
                          exports(objdump("-T", library), names))
    good &= common.report(f"symbols: {len(archives)} layers without writable state",
                          [f for archive in archives for f in state(objdump("-t", archive))])
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main(*sys.argv[1:])
