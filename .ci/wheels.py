"""Invariant: a wheel with a platform tag holds both compiled modules; a pure one holds neither.

    python .ci/wheels.py

Builds the package with and without a compiler, installs both wheels (they take the dependencies
from the registry), and asks each which engines run. Skips the compiled wheel, visibly, without a
compiler.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import venv
import zipfile
from pathlib import Path

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).parents[1] / part) for part in ("tests", "src")]

from fuzz.engines import compiler

ROOT = Path(__file__).parents[1]
MODULES = ["ssoroute/replay/_scan", "ssoroute/routing/_compiled"]
SCRIPT = (
    "import ssoroute; router = ssoroute.Router.from_profiles([]);"
    "from ssoroute.replay.compiled import scan;"
    "reason = router.route('https://h/').reason;"
    "print(ssoroute.accelerated, 'route' in vars(router), scan is not None, reason)"
)


def wheel_of(folder: Path, **environment: str) -> Path:
    """Build a wheel from a clean copy of the source distribution."""
    subprocess.run(
        [sys.executable, "-m", "build", "--quiet", "--outdir", str(folder), str(ROOT)],
        env=os.environ | environment,
        stdout=subprocess.DEVNULL,
        check=True,
    )
    (wheel,) = folder.glob("*.whl")
    return wheel


def modules(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert not [name for name in names if name.endswith((".c", ".h"))], "a C source is in the wheel"
    assert "ssoroute/pages/adr/0008-small-readings.md" in names, "a page is not in the wheel"
    return sorted(
        name.partition(".")[0] for name in names if name.endswith((".so", ".pyd", ".dylib"))
    )


def answer(wheel: Path, folder: Path) -> list[str]:
    """Install a wheel into an environment of its own; what `SCRIPT` prints there."""
    venv.create(folder, with_pip=True)
    python = str(folder / "bin" / "python")
    subprocess.run([python, "-m", "pip", "install", "--quiet", str(wheel)], check=True)
    found = subprocess.run([python, "-c", SCRIPT], capture_output=True, text=True, check=True)
    return found.stdout.split()


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pure = wheel_of(folder / "pure", CC="/bin/false")
        assert pure.name.endswith("-py3-none-any.whl"), pure.name
        assert modules(pure) == [], modules(pure)
        assert answer(pure, folder / "pure-venv") == ["False", "False", "False", "no_match"]
        print(f"without a compiler: {pure.name}")
        if compiler() is None:
            print("SKIPPED: the compiled wheel, because a C compiler is missing")
            return 0
        compiled = wheel_of(folder / "compiled")
        assert "-cp311-abi3-" in compiled.name, compiled.name
        assert modules(compiled) == MODULES, modules(compiled)
        assert answer(compiled, folder / "compiled-venv") == ["True", "True", "True", "no_match"]
        print(f"with a compiler: {compiled.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
