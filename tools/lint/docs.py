#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Each folder has its README.md, links and quoted paths in Markdown lead somewhere, and the
changelog knows the version."""
import os
import re

import common

FOLDERS = ("engine", "graph", "bench", "datasets", "tests", "tools")
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")
# `tools/test`, `graph/util/`: a path from the root in code quotes.
QUOTED = re.compile(r"`((?:%s)/[\w./-]*)" % "|".join(FOLDERS))


def version(files):
    text = files.get("engine/include/fulgurite/base.h", "")
    return ".".join(re.findall(r"#define FGR_VERSION_\w+ (\d+)", text))


def lint(files):
    def exists(path):
        path = os.path.normpath(path)
        return path in files or any(other.startswith(path + "/") for other in files)

    findings = [f"{folder}/README.md: missing" for folder in FOLDERS
                if any(p.startswith(folder + "/") for p in files)
                and f"{folder}/README.md" not in files]
    for path, text in files.items():
        if not path.endswith(".md"):
            continue
        for number, line in enumerate(text.splitlines(), 1):
            targets = [os.path.join(os.path.dirname(path), t) for t in LINK.findall(line)
                       if "://" not in t and not t.startswith("mailto:")]
            findings += [f"{path}:{number}: {t} does not exist"
                         for t in targets + QUOTED.findall(line) if not exists(t)]
    changelog = files.get("CHANGELOG.md")
    if changelog is not None and f"## [{version(files)}]" not in changelog:
        findings.append(f"CHANGELOG.md: no entry for version {version(files)}")
    return findings


if __name__ == "__main__":
    GOOD = {"tools/README.md": "[x](test#top) `tools/test lint` [y](https://x.org/)",
            "tools/test": ""}
    BAD = [({"tools/README.md": "a\n[x](gone.md)"}, "tools/README.md:2: tools/gone.md"),
           ({"tools/README.md": "`graph/gone.h`"}, "graph/gone.h does not exist"),
           ({"graph/a.c": ""}, "graph/README.md: missing"),
           ({"CHANGELOG.md": "## [0.0.9]", "engine/include/fulgurite/base.h":
             "#define FGR_VERSION_MAJOR 0\n", "engine/README.md": ""}, "no entry for version 0")]
    TEXTS = (".md", "base.h")
    TREE = {path: "" for path in common.paths()}
    TREE.update(common.read(p for p in TREE if p.endswith(TEXTS)))
    common.run("docs", lint, TREE, BAD, GOOD)
