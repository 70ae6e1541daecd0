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
from fuzz.differential import SELDOM, Fuzz, fuzz
from fuzz.engines import SCAN_SOURCE, SOURCE, build, compiler, engine
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
            done += 1
    return done


def batch(choose: random.Random, rows: list[tuple[Any, ...]]) -> list[Any]:
    """Arguments of `route_arrow`, one in two of them damaged."""
    urls = [arguments[0].encode("utf-8", "surrogatepass") for arguments in rows]
    challenges = bytes(choose.choice([0, 0, 1, 255]) for _ in rows)
    arguments = [
        len(rows),
        choose.choice([column, views])(choose, urls),
        choose.choice([None, challenges]),
        bytearray(4 * len(rows)),
    ]
    if choose.random() < 0.3:
        arguments[0] = choose.choice([0, 1, len(rows) + 1, len(rows) - 3, -1, 2**62, 2**63 - 1])
    if choose.random() < 0.1:
        place = choose.choice([2, 3])
        arguments[place] = bytearray(choose.randrange(4 * len(rows)))
    if choose.random() < 0.3:
        indices = array.array("i", (choose.randrange(-1, len(rows)) for _ in rows))
        if choose.random() < 0.3:
            wrong = [-2, len(rows), 2**31 - 1, -(2**31)]
            indices[choose.randrange(len(indices))] = choose.choice(wrong)
        texts = choose.choice([len(rows)] * 5 + [0, len(rows) + 1, -1, 2**40])
        arguments += [memoryview(indices.tobytes())[choose.choice([0, 0, 0, 4]) :], texts]
    return arguments


def views(choose: random.Random, texts: list[bytes]) -> tuple[Any, ...]:
    """A column of string views over two buffers, one in two of them damaged."""
    first = choose.choice([0, 0, 1, 5])
    data = [bytearray(), bytearray(b"xyz")]
    rows = []
    for text in [b"x"] * first + texts:
        place, length = choose.randrange(2), len(text).to_bytes(4, "little")
        if len(text) <= 12:
            rows.append(length + text.ljust(12, b"\0"))
            continue
        where = array.array("i", [place, len(data[place])]).tobytes()
        rows.append(array.array("i", [len(text)]).tobytes() + text[:4] + where)
        data[place] += text
    if choose.random() < 0.4:
        number, part = choose.randrange(len(rows)), choose.choice([0, 8, 12])
        wrong = choose.choice([-1, 0, 13, len(data[0]), 2, 2**31 - 1, -(2**31)])
        row = rows[number]
        rows[number] = row[:part] + array.array("i", [wrong]).tobytes() + row[part + 4 :]
    text = b"".join(rows)
    if choose.random() < 0.1:
        text = text[: choose.randrange(len(text) + 1)]
    if choose.random() < 0.1:
        data = data[:1]
    validity = choose.choice([None, bytearray(choose.randbytes((len(rows) + 7) // 8))])
    odd = memoryview(b"\0" + text)[1:]
    return validity, odd, tuple(map(memoryview, data)), first, choose.choice([2] * 9 + [3, 0, -1])


def column(choose: random.Random, texts: list[bytes]) -> tuple[Any, ...]:
    first = choose.choice([0, 0, 1, 5])
    is_large = choose.random() < 0.5
    texts = [b"x"] * first + texts
    offsets = array.array("q" if is_large else "i", [0])
    for text in texts:
        offsets.append(offsets[-1] + len(text))
    data = bytearray(b"".join(texts))
    validity = choose.choice([None, bytearray(choose.randbytes((len(texts) + 7) // 8))])
    if choose.random() < 0.25:
        wrong = [-1, 0, len(data), len(data) + 1, 2**31 - 1, -(2**31)]
        offsets[choose.randrange(len(offsets))] = choose.choice(wrong)
    if choose.random() < 0.1:
        data = data[: choose.randrange(len(data) + 1)]
    if choose.random() < 0.1:
        offsets = offsets[: choose.randrange(len(offsets) + 1)]
    if choose.random() < 0.1 and validity:
        validity = validity[: choose.randrange(len(validity) + 1)]
    if choose.random() < 0.05:
        first = choose.choice([-1, 100, 2**62, 2**63 - 1, -(2**63)])
    # One byte off, as in a sliced buffer: nothing may depend on alignment.
    odd = memoryview(b"\0" + offsets.tobytes())[1:]
    return validity, odd, memoryview(data), first, is_large


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
