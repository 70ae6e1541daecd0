"""Invariant: the bill of materials names all that the package needs, with version and licence.

    python .ci/sbom.py INTERPRETER OUTPUT

INTERPRETER is that of an environment in which only the package is installed. OUTPUT gets CycloneDX
in JSON, with the same bytes for the same environment.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def main(interpreter: str, output: str) -> None:
    project = ROOT / "pyproject.toml"
    command = [sys.executable, "-m", "cyclonedx_py", "environment", interpreter]
    command += ["--pyproject", str(project), "--output-reproducible", "-o", output]
    subprocess.run(command, check=True, stdout=sys.stderr)
    bill = json.loads(Path(output).read_bytes())
    declared = tomllib.loads(project.read_text("utf-8"))["project"]
    needed = {normal(re.split(r"[<>=!~\[; ]", item)[0]) for item in declared["dependencies"]}
    listed = {normal(item["name"]): item for item in bill["components"]}
    assert bill["metadata"]["component"]["name"] == declared["name"]
    assert needed <= listed.keys(), f"missing: {sorted(needed - listed.keys())}"
    for name, item in listed.items():
        assert item["version"], f"{name} has no version"
        assert item.get("licenses"), f"{name} has no licence"
    print(f"{output}: {len(listed)} packages, each with its version and licence")


if __name__ == "__main__":
    main(*sys.argv[1:])
