"""Imports point one way along the house, and importing the library costs next to nothing."""

from __future__ import annotations

import ast
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "src" / "ssoroute"

#: The rooms, and whom each may import. Imports inside functions and for types count.
#: CONTRIBUTING.md shows the same table.
MAY_IMPORT = {
    "model": "",
    "atomic_file": "",
    "lazy_names": "",
    "layout": "model",
    "loaders": "model",
    "install": "model",
    "routing": "model install layout",
    "asking": "model routing",
    "evidence": "model",
    "conversion": "model install",
    "relations": "model install routing",
    "emulation": "model install routing atomic_file",
    "testing": "model loaders routing asking lazy_names",
    "checks": "model loaders install routing relations",
    "configuration": "model loaders checks",
    "real_device": "model loaders routing",
    "integrations": "model loaders routing",
    "replay": "model loaders routing asking integrations atomic_file",
    "editor": "model loaders checks",
    "service": "model loaders routing emulation checks asking evidence real_device",
}
#: These may import every room.
ABOVE_ALL = {"__init__", "__main__", "cli"}
THIRD_PARTY = {"ada_url", "asn1crypto", "click", "idna", "publicsuffixlist", "rfc3986", "rich"}

FILES = sorted(PACKAGE.rglob("*.py"))


def module_of(path: Path) -> str:
    """The dotted name below the package: `routing.router`, `loaders` for its `__init__`."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


MODULES = {module_of(path): path for path in FILES}


def room_of(module: str) -> str:
    return module.partition(".")[0]


def imports_of(path: Path) -> set[str]:
    """The modules of the package that `path` imports anywhere: at the top, in functions, for types.

    A name that `ssoroute` itself offers is imported from its front door, `__init__`.
    """
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path} has a relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            top, _, rest = name.partition(".")
            if top == "ssoroute":
                inner = rest if rest in MODULES else rest.rpartition(".")[0]
                found.add(inner or "__init__")
    return found - {module_of(path)}


IMPORTS = {module: imports_of(path) for module, path in MODULES.items()}


def test_every_room_is_in_the_table() -> None:
    assert {room_of(module) for module in MODULES} == {*MAY_IMPORT, *ABOVE_ALL}


@pytest.mark.parametrize("module", MODULES)
def test_a_room_imports_only_what_the_table_allows(module: str) -> None:
    here = room_of(module)
    if here in ABOVE_ALL:
        return
    allowed = {here, *MAY_IMPORT[here].split()}
    wrong = {name for name in IMPORTS[module] if room_of(name) not in allowed}
    assert not wrong, f"{module} imports {sorted(wrong)}, {here} may import {sorted(allowed)}"


def test_the_rooms_have_no_circle() -> None:
    graph = {room: set(allowed.split()) for room, allowed in MAY_IMPORT.items()}
    assert set(TopologicalSorter(graph).static_order()) == set(MAY_IMPORT)


@pytest.mark.parametrize("room", [*MAY_IMPORT, "cli"])
def test_the_files_of_a_room_have_no_circle(room: str) -> None:
    graph = {
        module: {name for name in names if room_of(name) == room}
        for module, names in IMPORTS.items()
        if room_of(module) == room
    }
    list(TopologicalSorter(graph).static_order())  # raises `CycleError`, which names the circle


def test_the_map_of_the_house(capsys: pytest.CaptureFixture[str]) -> None:
    """`pytest -rP tests/test_architecture.py` prints it."""
    graph = {room: set(allowed.split()) for room, allowed in MAY_IMPORT.items()}
    floors: dict[str, int] = {}
    for room in TopologicalSorter(graph).static_order():
        floors[room] = 1 + max((floors[below] for below in graph[room]), default=0)
    arrows = {
        (room_of(module), room_of(name))
        for module, names in IMPORTS.items()
        for name in names
        if room_of(module) in MAY_IMPORT
    }
    used = {arrow for arrow in arrows if arrow[0] != arrow[1]}
    for room, allowed in MAY_IMPORT.items():
        print(f"floor {floors[room]}  {room:<13} imports {allowed or 'nothing'}")
    print(f"{len(graph)} rooms below cli, {max(floors.values())} floors, {len(used)} arrows")
    shown = capsys.readouterr().out
    print(shown)
    assert shown.count("floor ") == len(MAY_IMPORT)


def test_contributing_shows_the_table() -> None:
    rows = [f"{room:<13} {allowed or 'nothing'}" for room, allowed in MAY_IMPORT.items()]
    text = (PACKAGE.parents[1] / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert "\n".join(rows) in text, "\n".join(["CONTRIBUTING.md needs", *rows])


def loaded_by(script: str) -> set[str]:
    """The third-party modules that `script` loads."""
    script += ";import sys;print(*{name.split('.')[0] for name in sys.modules})"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return THIRD_PARTY & set(done.stdout.split())


def test_import_loads_no_third_party_module() -> None:
    assert loaded_by("import ssoroute") == set()


def test_routing_and_explaining_load_no_third_party_module_but_for_reading_profiles() -> None:
    script = (
        "import ssoroute; r = ssoroute.Router.from_profiles([]); r.route('https://h/');"
        "r.explain('https://h/', response_code=401)"
    )
    assert loaded_by(script) <= {"idna"}
