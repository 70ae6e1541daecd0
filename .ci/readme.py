"""The README's commands: `command N` prints the Nth, `check N` runs it and compares its output."""

from __future__ import annotations

import difflib
import re
import subprocess
import sys
from pathlib import Path

BLOCK = re.compile(r"^```console\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)


def block(number: int) -> tuple[str, str]:
    """The command of the README's console block `number` (from 1), and the output it shows."""
    bodies = [found["body"] for found in BLOCK.finditer(Path("README.md").read_text("utf-8"))]
    first, _, rest = bodies[number - 1].partition("\n")
    if not first.startswith("$ "):
        raise SystemExit(f"README.md: console block {number} does not begin with `$ `")
    return first[2:], rest


def main() -> int:
    """Run the command line; 1 if the output differs from the one in the README."""
    action, number = sys.argv[1], int(sys.argv[2])
    command, shown = block(number)
    if action == "command":
        print(command)
        return 0
    printed = subprocess.run(
        ["bash", "-c", command], stdout=subprocess.PIPE, text=True, check=False
    ).stdout
    if printed == shown:
        return 0
    lines = difflib.unified_diff(
        shown.splitlines(keepends=True), printed.splitlines(keepends=True), "README.md", "printed"
    )
    print("".join(lines))
    return 1


if __name__ == "__main__":
    sys.exit(main())
