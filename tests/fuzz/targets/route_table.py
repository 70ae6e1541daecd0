"""Invariant: a table of expected routes is read, or every problem is one printable line."""

from __future__ import annotations

import json
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path

from fuzz.problems import check_problems
from ssoroute.testing.table_reader import load_table
from ssoroute.testing.tables import TableError

LONGEST = 3000
EXAMPLES = Path(__file__).parents[3] / "examples" / "routes"
FOLDER = Path(tempfile.mkdtemp())
DEVICE = b"""profiles = []
[device]
platform = "macOS"
version = "15.4"
installed_extensions = ["com.example.sso"]
[[routes]]
url = "https://h.example/"
client = "safari"
extension = { bundle_id = "com.example.sso", team_id = "EXAMPLE123" }
"""


def seeds() -> Iterator[bytes]:
    yield DEVICE
    for path in sorted(EXAMPLES.glob("*.toml")):
        data = path.read_bytes()
        yield data
        yield json.dumps(tomllib.loads(data.decode()), default=str).encode()


def check(data: bytes) -> None:
    if b"/dev" in data or b"\\u" in data:
        return  # a device may be named by its path; no fuzzer should open those of this machine
    ending = "json" if data[:1] in (b"{", b"[") else "toml"
    path = FOLDER / f"table.{ending}"
    path.write_bytes(data)
    try:
        table = load_table(path)
    except TableError as error:
        check_problems(error.problems, data)
        return
    assert table.rows or table.profiles, data
