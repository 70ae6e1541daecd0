"""Imports point one way along the house, and importing the library costs next to nothing."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "src" / "ssoroute"

#: From the ground up: a module imports, when it is loaded, only what stands before it.
FLOORS = [
    "source",
    "atomic_file",
    "errors",
    "platforms",
    "profile",
    "keys",
    "urls",
    "patterns",
    "globs",
    "prefix_tree",
    "reach",
    "payload",
    "device",
    "loaders",
    "decision",
    "request",
    "request_line",
    "refusal",
    "strict",
    "spelling",
    "validation",
    "settings",
    "installation",
    "activation",
    "overlap",
    "gates",
    "_tables",
    "_index",
    "router",
    "explain",
    "regions",
    "spaces",
    "difference",
    "batch",
    "device_state",
    "emulation",
    "checks",
    "testing",
    "__init__",
    "integrations",
    "replay",
    "cli",
    "__main__",
]
THIRD_PARTY = {"ada_url", "asn1crypto", "click", "idna", "rfc3986", "rich", "tldextract"}


def room(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return parts[0]


def imported_rooms(tree: ast.Module) -> set[str]:
    """The rooms that a module imports when it is loaded (not inside functions or for types)."""
    rooms = set()
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "ssoroute":
            rooms |= (
                {node.module.split(".")[1]}
                if node.module and "." in node.module
                else {alias.name for alias in node.names}
            )
    return rooms


@pytest.mark.parametrize(
    "path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE))
)
def test_imports_point_one_way(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    here = FLOORS.index(room(path))
    rooms = imported_rooms(tree) & {*FLOORS, *(p.stem for p in PACKAGE.iterdir())}
    higher = {name for name in rooms if name != room(path) and FLOORS.index(name) > here}
    assert not higher, f"{room(path)} imports {sorted(higher)} from above"


def test_nothing_but_the_command_line_imports_the_command_line() -> None:
    for path in PACKAGE.rglob("*.py"):
        if room(path) not in ("cli", "__main__"):
            assert "ssoroute.cli" not in path.read_text(encoding="utf-8"), path


def test_import_loads_no_third_party_module() -> None:
    script = "import ssoroute, sys; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    loaded = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert not THIRD_PARTY & set(loaded.stdout.split())


def test_routing_and_explaining_load_no_third_party_module_but_for_reading_profiles() -> None:
    script = (
        "import ssoroute, sys; r = ssoroute.Router.from_profiles([]); r.route('https://h/');"
        "r.explain('https://h/', response_code=401);"
        "print(*sorted({name.split('.')[0] for name in sys.modules}))"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert THIRD_PARTY & set(loaded.stdout.split()) <= {"idna", "rfc3986"}
