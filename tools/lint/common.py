# SPDX-License-Identifier: MIT
"""What the lints share: which files there are, and how a lint is run.

A lint is a function from {path: text} to a list of findings ("path:line: what"). run() first feeds
it a bad sample, which it must flag, and a good one, which it must not, and then the real tree; so
a lint that has gone blind fails. Output is TAP, exit status 1 if anything was found.
"""
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def paths(*patterns):
    """The project's files that match a shell pattern (all of them without one), as in files."""
    return subprocess.run([ROOT / "tools/lint/files", *patterns], check=True,
                          capture_output=True, text=True).stdout.splitlines()


def read(wanted):
    return {path: (ROOT / path).read_text(encoding="utf-8") for path in wanted}


def report(what, findings):
    """Prints one TAP line with the findings below it. Returns whether there were none."""
    print(f"{'not ok' if findings else 'ok'} - {what}")
    for finding in findings:
        print(f"  {finding}")
    return not findings


def run(name, lint, files, bad, good):
    """`bad` is a list of (files, text that a finding must contain), `good` one set of files."""
    blind = [f"no finding with '{needle}' in {sorted(sample)}" for sample, needle in bad
             if not any(needle in finding for finding in lint(sample))]
    blind += [f"good sample flagged: {finding}" for finding in lint(good)]
    seen = report(f"{name}: flags its bad samples", blind)
    if not files:
        sys.exit(f"{name}: no files to look at")
    clean = report(f"{name}: {len(files)} files", lint(files))
    sys.exit(0 if seen and clean else 1)
