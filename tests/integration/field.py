# SPDX-License-Identifier: MIT
"""field.py FILE EXPRESSION: exits 0 if the expression holds; `a` is the list of JSON lines."""
import json
import sys

with open(sys.argv[1], encoding="utf-8") as lines:
    a = [json.loads(line) for line in lines]
if not eval(f"({sys.argv[2]})", {"a": a}):  # pylint: disable=eval-used
    sys.exit(f"{sys.argv[2]} does not hold for {json.dumps(a)[:300]}")
