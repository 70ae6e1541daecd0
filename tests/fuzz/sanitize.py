"""Invariant: no request, batch, log or failed allocation makes a C module touch foreign memory.

    python tests/fuzz/sanitize.py [--seconds S] [--seed SEED]

Builds `_compiled.c` and `_scan.c` with AddressSanitizer and UndefinedBehaviorSanitizer and fuzzes
them for a fixed time: the router against the pure engine as `differential.py` does, with requests
at the ends of their buffers and with damaged batches, and the reader of logs as `scanned.py` does.
Skips, visibly, if there is no compiler or no sanitizer.
"""

from __future__ import annotations

import argparse
import array
import contextlib
import os
import random
import secrets
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2] / "src")]

from build import router_of
from fuzz.arrow_columns import codes, flags, texts
from fuzz.differential import SELDOM, Fuzz, fuzz
from fuzz.engines import SCAN_SOURCE, SOURCE, build, compiled_module, compiler, engine
from fuzz.scanned import RULES, scans
from ssoroute.replay.compiled import scan
from ssoroute.routing.engine import compiled
from ssoroute.routing.router import Router
from worlds import strings_of

FLAGS: tuple[str, ...] = ("-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
FLAGS += ("-fno-omit-frame-pointer",)


def batches(seed: int, seconds: float) -> int:
    """Route batches, sound and damaged; how many."""
    source, done = Fuzz(seed), 0
    module: Any = compiled_module()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        world = source.world()
        with engine("compiled"):
            compiled = router_of(world)._compiled
        prefixes, hosts = strings_of(world, "URLs"), strings_of(world, "Hosts")
        for _ in range(50):
            rows = [source.arguments(source.near(prefixes, hosts)) for _ in range(20)]
            with contextlib.suppress(ValueError):
                compiled.route_arrow(*batch(source.random, rows))
            with contextlib.suppress(ValueError):
                module.spread(*numbers(source.random, len(rows)))
            done += 1
    return done


def numbers(choose: random.Random, rows: int) -> list[Any]:
    """Arguments of `spread`, half of them with numbers or buffers that do not fit."""
    count = choose.randrange(1, 9)
    places = bytes(choose.randrange(256) for _ in range(12 * count))
    most = count if choose.random() < 0.7 else 1 << 31
    given = array.array("i", (choose.randrange(most) for _ in range(rows)))
    short = choose.choice([0, 0, 0, 1])
    room = (rows, rows, 4 * rows, 4 * rows, rows, (rows + 7) // 8, (rows + 7) // 8)
    return [given, places, tuple(bytearray(size - choose.choice([0, short])) for size in room)]


def batch(choose: random.Random, rows: list[tuple[Any, ...]]) -> list[Any]:
    """Arguments of `route_arrow`, most of them damaged somewhere."""
    urls = [arguments[0].encode("utf-8", "surrogatepass") for arguments in rows]
    callers = [
        (arguments[1] if len(arguments) > 1 and arguments[1] else "x").encode(
            "utf-8", "surrogatepass"
        )
        for arguments in rows
    ]
    arguments = [
        len(rows),
        texts(choose, urls),
        choose.choice([None, texts(choose, callers)]),
        choose.choice([None, codes(choose, len(rows))]),
        choose.choice([None, None, flags(choose, len(rows))]),
        bytearray(4 * len(rows)),
    ]
    if choose.random() < 0.3:
        arguments[0] = choose.choice([0, 1, len(rows) + 1, len(rows) - 3, -1, 2**62, 2**63 - 1])
    if choose.random() < 0.05:
        arguments[5] = bytearray(choose.randrange(4 * len(rows)))
    return arguments


def fuzz_for(seed: int, seconds: float) -> None:
    module = compiled
    assert module is not None
    assert module.__file__
    assert "sanitized" in module.__file__
    assert scan is not None
    assert "sanitized" in scan.__file__
    asked, worlds, _ = fuzz(seed, 1 << 62, seconds * 0.5, SELDOM)
    print(f"{asked} requests in {worlds} worlds")
    print(f"{batches(seed, seconds * 0.3)} batches")
    print(f"{scans(scan, _router(), seed, seconds * 0.2)} logs")


def _router() -> Router:
    """The router for the rows of logs."""
    content = {
        "PayloadType": "com.apple.extensiblesso",
        "PayloadIdentifier": "p",
        "PayloadUUID": "0",
        "PayloadVersion": 1,
        "ExtensionIdentifier": "com.example.sso",
        "TeamIdentifier": "ABCDE12345",
        "Type": "Redirect",
        "URLs": list(RULES),
        "DeniedBundleIdentifiers": ["com.example.denied", "x"],
    }
    world = {"platform": "macOS", "version": "26.0", "profiles": [{"payloads": [content]}]}
    with engine("compiled"):
        return router_of(world)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--seed", type=int, default=secrets.randbits(32))
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        fuzz_for(options.seed, options.seconds)
        return 0
    command = compiler()
    if command is None:
        print("SKIPPED: no C compiler")
        return 0
    print(f"seed {options.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="sanitized-") as folder:
        package = Path(folder) / "ssoroute"
        targets = {}
        for source in (SOURCE, SCAN_SOURCE):
            room = package / source.parent.name
            room.mkdir(parents=True)
            targets[source] = room / f"{source.stem}.abi3.so"
            for path in source.parent.iterdir():
                if not path.name.startswith(source.stem):
                    (room / path.name).symlink_to(path)
        for path in SOURCE.parents[1].iterdir():
            if not (package / path.name).exists():
                (package / path.name).symlink_to(path)
        trial = Path(folder) / "trial.c"
        trial.write_text("int trial(int x);\nint trial(int x) { return x + 1; }\n", "ascii")
        try:
            build(trial, Path(folder) / "trial.so", *FLAGS)
        except subprocess.CalledProcessError:
            print("SKIPPED: the compiler has no sanitizers")
            return 0
        for source, target in targets.items():
            build(source, target, *FLAGS)
        found = subprocess.run(
            [*command, "-print-file-name=libasan.so"], capture_output=True, text=True, check=True
        ).stdout.strip()
        environment = os.environ | {
            "LD_PRELOAD": found,
            "ASAN_OPTIONS": "detect_leaks=0:abort_on_error=1",
            "PYTHONMALLOC": "malloc",  # so that every object has its own guarded block
            "PYTHONPATH": os.pathsep.join([folder, str(Path(__file__).parents[1])]),
        }
        inside = ["--inside", "--seed", str(options.seed), "--seconds", str(options.seconds)]
        # with `-c`, so that the script's own folder does not come first
        script = "import sys; from fuzz.sanitize import main; sys.exit(main())"
        return subprocess.run([sys.executable, "-c", script, *inside], env=environment).returncode  # noqa: PLW1510


if __name__ == "__main__":
    sys.exit(main())
