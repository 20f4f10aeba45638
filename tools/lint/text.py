#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Licence line first, no loose ends, functions of at most 60 lines, sources of at most 650."""
import re

import common

FUNCTION_LINES_MAX = 60
FILE_LINES_MAX = 650
# Tables of numbers are data, whatever their length.
TABLE = re.compile(r"^    (0x|UINT|\d)")
LOOSE_END = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")


def function_lengths(text):
    """(line, length) of every function of a C file laid out by clang-format: the body's braces
    stand in column 0."""
    start = None
    for number, line in enumerate(text.splitlines(), 1):
        if line == "{":
            start = number
        elif line == "}" and start is not None:
            yield start, number - start + 1
            start = None


def lint(files):
    findings = []
    for path, text in files.items():
        lines = text.splitlines()
        if not any("SPDX-License-Identifier: MIT" in line for line in lines[:2]):
            findings.append(f"{path}:1: the SPDX line is missing")
        if path != "tools/lint/text.py":
            findings += [f"{path}:{i}: loose end: {line.strip()}" for i, line in enumerate(lines, 1)
                         if LOOSE_END.search(line)]
        if not path.endswith((".c", ".h")):
            continue
        length = sum(not TABLE.match(line) for line in lines)
        if length > FILE_LINES_MAX:
            findings.append(f"{path}:1: {length} lines, at most {FILE_LINES_MAX}")
        findings += [f"{path}:{start}: a function of {n} lines, at most {FUNCTION_LINES_MAX}"
                     for start, n in function_lengths(text) if n > FUNCTION_LINES_MAX]
    return findings


if __name__ == "__main__":
    SPDX = "/* SPDX-License-Identifier: MIT */\n"
    GOOD = {"a.c": SPDX + "int f(void)\n{\n" + "    x();\n" * 58 + "}\n"}
    BAD = [({"a.c": "int a;\n"}, "SPDX"),
           ({"a.c": SPDX + "/* TODO: later */\n"}, "loose end"),
           ({"a.c": SPDX + "int f(void)\n{\n" + "    x();\n" * 59 + "}\n"}, "function of 61"),
           ({"a.h": SPDX + "int x;\n" * 650}, "651 lines")]
    FILES = common.read(common.paths("*.[ch]", "*.cc", "*.py", "*.sh", "*.cmake", "*.txt", "*.bash",
                                     "tools/quickstart", "tools/test", "tools/lint/*"))
    common.run("text", lint, FILES, BAD, GOOD)
