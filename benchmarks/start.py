"""What it costs to start: `python -m benchmarks.start [ROUNDS]`.

Each command runs in turns with the others, on the profiles of the examples. What is compared is the
time that the processor spends on it, the least of all rounds, with the bytecode of every module
compiled before. So other programs on the machine count for little. Exits with 1 if a command takes
more than its part of what `route` takes.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
URL: Final = "https://login.microsoftonline.com/"
PROFILES: Final = "examples/profiles"
COMMAND: Final = ("-m", "ssoroute")

#: Stands for a log of one request.
LOG: Final = "LOG"
BARE, ROUTE = "python -c pass", "route"
CALLS: Final[dict[str, tuple[str, ...]]] = {
    BARE: ("-c", "pass"),
    "import ssoroute": ("-c", "import ssoroute"),
    "--version": (*COMMAND, "--version"),
    ROUTE: (*COMMAND, "route", "-p", PROFILES, URL),
    "explain": (*COMMAND, "explain", "-p", PROFILES, URL),
    "show": (*COMMAND, "show", "-p", PROFILES),
    "check": (*COMMAND, "check", PROFILES),
    "diff": (*COMMAND, "diff", f"{PROFILES}/okta.mobileconfig", f"{PROFILES}/okta.mobileconfig"),
    "test": (*COMMAND, "test", "examples/routes/entra.routes.toml"),
    "replay": (*COMMAND, "replay", "-p", PROFILES, LOG),
}
#: The most times that a command may take as long as `route`.
MOST: Final = {"check": 1.3, "diff": 1.3, "test": 1.3, "replay": 1.3}


def seconds(arguments: tuple[str, ...], folder: Path) -> float:
    """The processor's time for one run; `folder` holds the bytecode and the log."""
    log = folder / "log.jsonl"
    log.write_text(f'{{"url": "{URL}"}}\n')
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, *(str(log) if part == LOG else part for part in arguments)],
        cwd=ROOT,
        env=kept | {"PYTHONPYCACHEPREFIX": str(folder), "PYTHONPATH": str(ROOT / "src")},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main(arguments: list[str]) -> int:
    """Measure, print a table, and compare with `MOST`."""
    rounds = int(arguments[0]) if arguments else 10
    least: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(rounds + 1):
            for name, call in CALLS.items():
                took = seconds(call, Path(folder))
                if number:  # the first round compiles the bytecode
                    least[name] = min(took, least.get(name, took))
    print("| start of | / bare Python | / `route` |\n|---|---:|---:|")
    for name, took in least.items():
        print(f"| {name} | {took / least[BARE]:.1f} | {took / least[ROUTE]:.2f} |")
    slow = [name for name, most in MOST.items() if least[name] > most * least[ROUTE]]
    for name in slow:
        print(f"{name} takes more than {MOST[name]} times as long as route", file=sys.stderr)
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
