"""`python -m benchmarks.replay`: `ssoroute replay` and what a data engineer would take instead.

Whole processes on the same logs, one after the other in many rounds. The least time of each counts,
and only ratios of one run are compared. Fails if a ratio is worse than 1.5 times its target. On a
busy machine, `--cpu` compares the time of the processors instead; two jobs are not compared then.
A peer that is not installed (extra `bench`) is skipped, visibly.
"""

from __future__ import annotations

import argparse
import json
import os
import plistlib
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from benchmarks.gate import Result
from benchmarks.workloads import DENIED, Ask, Workload, workload

ROOT: Final = Path(__file__).parents[1]
PEERS: Final = ("polars", "duckdb")
FORMATS: Final = ("parquet", "csv", "jsonl")
#: Rows of each workload: logs for which such a tool is taken.
ROWS: Final = {"W1": 8_000_000, "W2": 2_000_000}
#: Different rows; a longer log has them several times.
DIFFERENT: Final = 2_000_000
#: Rounds of the peers at a workload; a CASE of 1,000 branches takes its time.
PEER_ROUNDS: Final = {"W2": 1}
#: The time of this command may be so many times that of the better peer.
TARGETS: Final = {"W1": 1.0, "W2": 0.1}
TWO_JOBS: Final = 1 / 1.7
WRITING: Final = 1.5


def main() -> int:
    """Measure everything; 1 if something fails."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--workload", choices=ROWS, action="append")
    parser.add_argument("--cpu", action="store_true", help="compare the time of the processors")
    parser.add_argument("--rows", type=int, help="in place of the usual numbers of rows")
    parser.add_argument(
        "--no-urls", action="store_true", help="leave out decisions written with their URLs"
    )
    options = parser.parse_args()
    peers = [name for name in PEERS if find_spec(name)]
    for name in PEERS:
        if name not in peers:
            print(f"SKIPPED: {name}, it is not installed")
    results = []
    for name in options.workload or ROWS:
        with tempfile.TemporaryDirectory() as folder:
            rows = options.rows or ROWS[name]
            _write(Path(folder), workload(name), rows)
            print(f"{name}: {rows:,} rows", flush=True)
            results += list(_compare(Path(folder), name, rows, peers, options))
    for result in results:
        print(result)
    return int(not all(result.passes for result in results))


def _compare(
    folder: Path, name: str, rows: int, peers: Sequence[str], options: argparse.Namespace
) -> Iterator[Result]:
    commands = _commands(folder, peers)
    if options.no_urls:
        del commands["parquet", "with URLs"]
    seconds: dict[tuple[str, str], float] = {}
    for turn in range(options.rounds):
        for key, command in commands.items():
            if key[1] in peers and turn >= PEER_ROUNDS.get(name, options.rounds):
                continue
            (folder / "d.parquet").unlink(missing_ok=True)  # a new file, nothing is replaced
            taken, found = _run(command, cpu=options.cpu)
            count = found.get("requests", found.get("rows"))
            assert count == rows, (key, count)
            missed = found["missed"] if "missed" in found else found["outcomes"]["do_not_handle"]
            assert abs(missed / rows - 0.95) < 0.05, (key, missed)
            seconds[key] = min(taken, seconds.get(key, taken))
    for form in FORMATS:
        row = {what: taken for (of, what), taken in seconds.items() if of == form}
        print(
            f"  {form:8}",
            ", ".join(f"{what} {rows / taken / 1e6:.2f} M/s" for what, taken in row.items()),
        )
        best = min((row[peer] for peer in peers), default=None)
        if best is not None:
            what = f"{name}, {form}, to the better peer"
            yield Result(what, row["ours"] / best, TARGETS[name])
        if name == "W1" and not options.cpu:
            yield Result(f"{form}, two jobs to one", row["ours"] / row["one job"], TWO_JOBS)
        for what in ("decisions", "with URLs"):
            if what in row and name == "W1":
                yield Result(f"written as Parquet, {what}", row[what] / row["ours"], WRITING)


def _commands(folder: Path, peers: Sequence[str]) -> dict[tuple[str, str], list[str]]:
    """The commands to compare, by the format of the log and a name."""
    ours = [sys.executable, "-m", "ssoroute", "replay", "--json", f"-p{folder}/profiles"]
    commands = {}
    for form in FORMATS:
        log, rules = f"{folder}/log.{form}", f"{folder}/rules.json"
        commands[form, "one job"] = [*ours, "--jobs", "1", log]
        commands[form, "ours"] = [*ours, "--jobs", "2", log]
        if form == "parquet":
            written = [*ours, "--jobs=2", f"--output={folder}/d.parquet"]
            commands[form, "decisions"] = [*written, "--without-urls", log]
            commands[form, "with URLs"] = [*written, log]
        for peer in peers:
            command = [sys.executable, "-m", "benchmarks.replay_peers", peer, log, rules]
            commands[form, peer] = command
    return commands


def _run(command: Sequence[str], *, cpu: bool) -> tuple[float, Mapping[str, Any]]:
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}/src:{ROOT}"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # what is installed has its bytecode
    start = _processor_time() if cpu else time.perf_counter()
    done = subprocess.run(command, capture_output=True, env=environment, check=True)
    end = _processor_time() if cpu else time.perf_counter()
    return end - start, json.loads(done.stdout)


def _processor_time() -> float:
    """Seconds that all processes that have ended took so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _write(folder: Path, made: Workload, rows: int) -> None:
    """The profiles, the rules for a CASE, and the log in each format."""
    (folder / "profiles").mkdir()
    prefixes: list[str] = []
    hosts: list[str] = []
    for number, profile in enumerate(made.profiles):
        content = [
            {"PayloadType": "com.apple.extensiblesso", **_plain(payload.content)}
            for payload in profile.payloads
        ]
        for payload in content:
            prefixes += payload.get("URLs", ())
            hosts += payload.get("Hosts", ())
        identifier = profile.identifier or f"profile.{number}"
        data = {
            "PayloadType": "Configuration",
            "PayloadIdentifier": identifier,
            "PayloadContent": content,
        }
        (folder / "profiles" / f"{number:05}.mobileconfig").write_bytes(plistlib.dumps(data))
    rules = {"prefixes": prefixes, "hosts": hosts, "denied": [DENIED]}
    (folder / "rules.json").write_text(json.dumps(rules), encoding="utf-8")
    choose = random.Random(1)
    asks = [
        ask._replace(url=f"{ask.url}{'&' if '?' in ask.url else '?'}id={choose.randrange(10**6)}")
        for ask in choose.choices(made.asks, k=min(rows, DIFFERENT))
    ]
    _write_logs(folder, asks, -(-rows // DIFFERENT))


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def _write_logs(folder: Path, asks: Sequence[Ask], times: int) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = {
        "url": [ask.url for ask in asks],
        "caller": [ask.caller for ask in asks],
        "response_code": [ask.response_code for ask in asks],
    }
    table = pa.table(columns)
    with pq.ParquetWriter(folder / "log.parquet", table.schema) as writer:
        for _ in range(times):
            writer.write_table(table, row_group_size=200_000)
    lines = "".join(f"{ask.url},{ask.caller or ''},{ask.response_code or ''}\n" for ask in asks)
    with (folder / "log.csv").open("w", encoding="ascii") as file:
        file.writelines(["url,caller,response_code\n", *[lines] * times])
    lines = "".join(
        json.dumps({name: value for name, value in ask._asdict().items() if value}) + "\n"
        for ask in asks
    )
    with (folder / "log.jsonl").open("w", encoding="ascii") as file:
        file.writelines([lines] * times)


if __name__ == "__main__":
    sys.exit(main())
