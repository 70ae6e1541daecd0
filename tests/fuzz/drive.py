"""Runs fuzz targets for a given time each, guided by coverage (atheris).

    python tests/fuzz/drive.py [TARGET ...] [--seconds S] [--seed N] [--jobs N]
                                 [--corpus FOLDER]

The targets are the files of `tests/fuzz/targets/`; without a name all of them run. Each begins with
its own seeds and the committed regressions. A crash is written to `tests/fuzz/regressions/TARGET/`
and ends the run with status 1. tests/fuzz/README.md says more.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import importlib.util
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType

HERE = Path(__file__).parent
if __name__ == "__main__":
    sys.path[:0] = [str(HERE.parent), str(HERE.parents[1] / "src")]
    sys.path.remove(str(HERE))  # its files are modules of `fuzz`

TARGETS = tuple(sorted(path.stem for path in (HERE / "targets").glob("[a-z]*.py")))
REGRESSIONS = HERE / "regressions"
NEEDS = {"http_body": "msgspec"}  # what a target needs beyond the extra `test`
SLOWEST = 20  # seconds for one input; the machine may be busy
MEMORY = 2048  # megabytes


def target(name: str) -> ModuleType:
    return importlib.import_module(f"fuzz.targets.{name}")


def missing(name: str) -> str | None:
    """What has to be installed before the target can run."""
    needed = NEEDS.get(name)
    return needed if needed and importlib.util.find_spec(needed) is None else None


def regressions(name: str) -> list[Path]:
    """The inputs that once made the target fail."""
    return sorted(path for path in (REGRESSIONS / name).glob("*") if path.is_file())


def fill(name: str, corpus: Path) -> None:
    for data in target(name).seeds():
        (corpus / hashlib.sha1(data, usedforsecurity=False).hexdigest()).write_bytes(data)
    for path in regressions(name):
        shutil.copy(path, corpus / path.name)


def inside(name: str, arguments: list[str]) -> None:
    """Hand this process to the engine, which ends it."""
    import atheris

    with atheris.instrument_imports(include=["ssoroute", "plistlib", "asn1crypto"]):
        check = target(name).check
    atheris.Setup([sys.argv[0], *arguments], check)
    atheris.Fuzz()


def run(name: str, seconds: int, seed: int, corpus: Path) -> bool:
    """Fuzz one target and print what came of it; whether nothing was found."""
    fill(name, corpus)
    with tempfile.TemporaryDirectory(prefix="crash-") as crashes:
        limits = [f"-max_total_time={seconds}", f"-timeout={SLOWEST}", f"-rss_limit_mb={MEMORY}"]
        limits += [f"-max_len={target(name).LONGEST}", f"-seed={seed}"]
        output = [f"-artifact_prefix={crashes}/", "-print_final_stats=1"]
        command = [sys.executable, str(Path(__file__)), "--inside", name]
        command += [str(corpus), *limits, *output]
        done = subprocess.run(command, stderr=subprocess.PIPE, text=True, errors="replace")  # noqa: PLW1510 - its status is looked at below
        executed = re.search(r"number_of_executed_units: (\d+)", done.stderr)
        covered = re.findall(r"cov: (\d+) ft: (\d+)", done.stderr)
        counts = f"{executed[1] if executed else 'unknown'} executions"
        if covered:
            counts += f", coverage {covered[0][0]} to {covered[-1][0]} edges"
        print(f"{name}: {counts}, seed {seed}", flush=True)
        if done.returncode == 0:
            return True
        print(done.stderr[-4000:])
        for found in sorted(Path(crashes).iterdir()):
            kept = REGRESSIONS / name / found.name
            kept.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(found, kept)
            print(f"{name}: the input is written to {kept}")
    return False


def main() -> int:
    if sys.argv[1:2] == ["--inside"]:
        inside(sys.argv[2], sys.argv[3:])
        return 0
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(TARGETS))
    parser.add_argument("--seconds", type=int, default=60, help="for each target (default: 60)")
    parser.add_argument("--seed", type=int, default=secrets.randbits(31))
    parser.add_argument("--jobs", type=int, default=1, help="targets at a time (default: 1)")
    parser.add_argument("--corpus", type=Path, help="a folder that keeps the inputs found")
    options = parser.parse_args()
    unknown = set(options.targets) - set(TARGETS)
    if unknown:
        parser.error(f"unknown target {', '.join(sorted(unknown))}; known are {', '.join(TARGETS)}")
    names = options.targets or TARGETS
    if importlib.util.find_spec("atheris") is None:
        print("SKIPPED: atheris (extra fuzz) is not installed")
        return 0
    for name in names:
        if needed := missing(name):
            print(f"SKIPPED: {name} needs {needed}")
    with tempfile.TemporaryDirectory(prefix="corpus-") as folder:
        kept: Path = options.corpus or Path(folder)

        def sound(name: str) -> bool:
            corpus = kept / name
            corpus.mkdir(parents=True, exist_ok=True)
            return run(name, options.seconds, options.seed, corpus)

        with ThreadPoolExecutor(options.jobs) as jobs:
            results = list(jobs.map(sound, [name for name in names if not missing(name)]))
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
