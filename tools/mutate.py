"""Changes the code on purpose, one place at a time, and sees whether the tests notice.

    python tools/mutate.py [--module urls ...] [--sample N] [--seed S] [--jobs N] [--list]

A change is a *mutant*: another comparison, a number more, a statement or an item left out. Each one
gets a copy of the package of its own, and the tests that its module names, until one fails. A
mutant that none of them notices has *survived*: either a test is missing, or the change means the
same. Those that are known are in `tests/mutation/survivors.toml`, each with its reason. Any other
survivor ends the run with status 1, and so does a known one that does not survive.
"""

from __future__ import annotations

import argparse
import ast
import copy
import doctest
import importlib
import inspect
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

TOP = Path(__file__).parents[1]
PACKAGE = TOP / "src" / "ssoroute"
SURVIVORS = TOP / "tests" / "mutation" / "survivors.toml"

#: Fast tests that concern every module; the last ones try random worlds, always the same.
FIRST = ("test_kept", "test_conformance")
LAST = ("test_agreement",)
MODULES: dict[str, tuple[str, tuple[str, ...]]] = {
    "urls": ("model/urls.py", ("test_urls", "test_parsers")),
    "patterns": ("model/patterns.py", ("test_urls", "test_index")),
    "installation": (
        "install/installation.py",
        ("test_installing", "test_emulation", "test_saved_state", "test_emulated_life"),
    ),
    "claims": ("install/claims.py", ("test_installing",)),
    "activation": ("install/activation.py", ("test_installing",)),
    "read_payload": ("install/read_payload.py", ("test_installing",)),
    "questions": ("routing/questions.py", ("test_questions",)),
    "strict": ("routing/strict.py", ("test_strict", "test_parsers")),
    "tables": ("routing/tables.py", ("test_index", "test_strict")),
    "index": ("routing/index.py", ("test_index", "test_compiled", "test_questions")),
}
WITHOUT_EXAMPLES = ("installation", "claims", "activation", "questions", "tables", "index")
WORLDS = 25
WIDEST = 70  # characters of the code that a name shows
LONGEST = 120  # seconds for the tests of one mutant; what hangs is noticed


@dataclass(frozen=True)
class Mutant:
    """One change: where it is, and the text of the place before and after."""

    module: str
    line: int
    before: str
    after: str
    source: str

    @property
    def name(self) -> str:
        """What the list of survivors calls it; it does not depend on the line."""
        return f"{self.module}: {self.before} -> {self.after}"


OPERATORS: dict[type[ast.cmpop | ast.operator], type[ast.AST]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
}
NEVER = ast.Constant(value=False)


def of_compare(node: ast.Compare) -> Iterator[ast.AST]:
    for place, operator in enumerate(node.ops):
        if type(operator) in OPERATORS:
            other = copy.deepcopy(node)
            other.ops[place] = OPERATORS[type(operator)]()  # type: ignore[call-overload]
            yield other


def of_arithmetic(node: ast.BinOp) -> Iterator[ast.AST]:
    if type(node.op) in OPERATORS:
        yield ast.BinOp(node.left, OPERATORS[type(node.op)](), node.right)  # type: ignore[arg-type]


def of_and_or(node: ast.BoolOp) -> Iterator[ast.AST]:
    yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
    yield from node.values


def of_not(node: ast.UnaryOp) -> Iterator[ast.AST]:
    if isinstance(node.op, ast.Not):
        yield node.operand


def of_choice(node: ast.IfExp) -> Iterator[ast.AST]:
    yield from (node.body, node.orelse)


def of_constant(node: ast.Constant) -> Iterator[ast.AST]:
    value = node.value
    if isinstance(value, bool):
        yield ast.Constant(value=not value)
    elif isinstance(value, int):
        yield ast.Constant(value=value + 1)
    elif isinstance(value, str) and " " not in value:  # a sentence is for people
        yield ast.Constant(value=value + "x")


def of_tuple(node: ast.Tuple) -> Iterator[ast.AST]:
    if isinstance(node.ctx, ast.Load):
        for place in range(len(node.elts)):
            yield ast.Tuple(node.elts[:place] + node.elts[place + 1 :], ast.Load())


def of_if(node: ast.If) -> Iterator[ast.AST]:
    yield ast.If(NEVER, node.body, node.orelse)


def of_return(node: ast.Return) -> Iterator[ast.AST]:
    if node.value and ast.unparse(node.value) != "None":
        yield ast.Return(ast.Constant(value=None))


def left_out(_: ast.stmt) -> Iterator[ast.AST]:
    yield ast.Pass()


#: What may be written in the place of a node, one change at a time.
CHANGES: dict[type[ast.AST], Callable[[Any], Iterator[ast.AST]]] = {
    ast.Compare: of_compare,
    ast.BinOp: of_arithmetic,
    ast.BoolOp: of_and_or,
    ast.UnaryOp: of_not,
    ast.IfExp: of_choice,
    ast.Constant: of_constant,
    ast.Tuple: of_tuple,
    ast.If: of_if,
    ast.Return: of_return,
    ast.Expr: left_out,
    ast.AugAssign: left_out,
    ast.Continue: left_out,
    ast.Break: left_out,
}


def nothing(_: ast.AST) -> Iterator[ast.AST]:
    return iter(())


def places(tree: ast.AST) -> Iterator[tuple[ast.AST, str, int | None]]:
    """Every place of the code that runs: its parent, and the field (and item) that holds it."""
    for field, value in ast.iter_fields(tree):
        for number, child in enumerate(value if isinstance(value, list) else [value]):
            if isinstance(child, ast.AST) and not is_no_code(tree, field, child):
                yield tree, field, number if isinstance(value, list) else None
                yield from places(child)


def is_no_code(parent: ast.AST, field: str, child: ast.AST) -> bool:
    """Annotations, imports, docstrings, `__all__`, and texts that are only shown."""
    if field in ("annotation", "returns", "decorator_list", "type_params", "format_spec"):
        return True
    if isinstance(parent, (ast.JoinedStr, ast.Raise)):
        return True
    if isinstance(child, (ast.Import, ast.ImportFrom, ast.Assert)):
        return True
    if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
        return True
    if isinstance(child, ast.Assign) and ast.unparse(child.targets[0]) == "__all__":
        return True
    return isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING"


def mutants_of(module: str) -> list[Mutant]:
    text = (PACKAGE / MODULES[module][0]).read_text("utf-8")
    tree = ast.parse(text)
    found: dict[str, Mutant] = {}
    for parent, field, number in list(places(tree)):
        holder = getattr(parent, field)
        node = holder if number is None else holder[number]
        for change in CHANGES.get(type(node), nothing)(node):
            put(parent, field, number, ast.copy_location(change, node))
            source = ast.unparse(ast.fix_missing_locations(tree))
            mutant = Mutant(module, node.lineno, shown(node), shown(change), source)
            put(parent, field, number, node)
            found.setdefault(mutant.source, mutant)
    # the same change in two places has one name; a number tells them apart
    named: dict[str, int] = {}
    result = []
    for mutant in found.values():
        named[mutant.name] = count = named.get(mutant.name, 0) + 1
        after = mutant.after if count == 1 else f"{mutant.after} (place {count})"
        result.append(Mutant(mutant.module, mutant.line, mutant.before, after, mutant.source))
    return result


def put(parent: ast.AST, field: str, number: int | None, node: ast.AST) -> None:
    if number is None:
        setattr(parent, field, node)
    else:
        getattr(parent, field)[number] = node


def shown(node: ast.AST) -> str:
    text = ast.unparse(ast.fix_missing_locations(copy.deepcopy(node)))
    first = text.split("\n")[0]
    return first if len(first) <= WIDEST else first[: WIDEST - 3] + "..."


def copied(mutant: Mutant, folder: str) -> None:
    """A copy of the package with the change in it, beside the tests."""
    top = Path(folder)
    hidden = shutil.ignore_patterns("__pycache__", "*.pyc")
    shutil.copytree(PACKAGE, top / "src" / "ssoroute", ignore=hidden)
    for name in ("tests", "examples", "docs", "tools", "pyproject.toml"):
        (top / name).symlink_to(TOP / name)
    (top / "src" / "ssoroute" / MODULES[mutant.module][0]).write_text(mutant.source, "utf-8")


def try_tests(folder: str, module: str) -> None:
    """Run the tests of `module` on the package in `folder`; raises whatever the first failure is.

    The tests are called as functions: pytest takes longer to start than most of them to run. The
    pure engine runs, except where a test asks for the compiled one.
    """
    os.environ["SSOROUTE_PURE"] = "1"
    os.chdir(folder)
    sys.path[:0] = [str(Path(folder, "src")), str(TOP / "tests")]
    import ssoroute

    assert ssoroute.__file__.startswith(folder), ssoroute.__file__
    path, own = MODULES[module]
    for name in (*FIRST, *own, *LAST):
        for test in tests_of(importlib.import_module(name)):
            with suppress(pytest.skip.Exception):  # what this interpreter lacks is no failure
                test()
    name = "ssoroute." + path.removesuffix(".py").replace("/", ".")
    found = doctest.testmod(importlib.import_module(name), raise_on_error=True)
    assert found.attempted or module in WITHOUT_EXAMPLES


def tests_of(module: ModuleType) -> Iterator[Callable[[], object]]:
    """Every test of a file, with each of its parameters; those with fixtures are left out."""
    for name, function in vars(module).items():
        if not name.startswith("test_"):
            continue
        calls: list[dict[str, Any]] = [{}]
        for mark in getattr(function, "pytestmark", []):
            if mark.name == "parametrize":
                calls = [call | more for call in calls for more in parameters(*mark.args[:2])]
        wanted = set(inspect.signature(function).parameters)
        for call in calls:
            if wanted == set(call):
                yield partial(function, **call)


def parameters(names: str | Sequence[str], rows: Iterable[Any]) -> list[dict[str, Any]]:
    listed = [name.strip() for name in names.split(",")] if isinstance(names, str) else names
    return [dict(zip(listed, values_of(row, len(listed)), strict=True)) for row in rows]


def values_of(row: Any, count: int) -> Sequence[Any]:
    """The values of a row, also if `pytest.param` is around it."""
    if type(row).__name__ == "ParameterSet":
        return row.values  # type: ignore[no-any-return]  # of a class of pytest
    return [row] if count == 1 else row


def start(mutant: Mutant, folder: str) -> int:
    """Try the tests on a mutant in a process of its own; its number."""
    copied(mutant, folder)
    process = os.fork()
    if process:
        return process
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)
    os.dup2(silent, 2)
    try:
        try_tests(folder, mutant.module)
    except BaseException:  # noqa: BLE001 - whatever it is, the change was noticed
        os._exit(1)
    os._exit(0)


def noticed(mutants: list[Mutant], jobs: int) -> Iterator[tuple[Mutant, bool]]:
    """Each mutant, as it is done, and whether a test failed (or never ended)."""
    waiting = list(reversed(mutants))
    running: dict[int, tuple[Mutant, str, float]] = {}
    while waiting or running:
        while waiting and len(running) < jobs:
            mutant, folder = waiting.pop(), tempfile.mkdtemp(prefix="mutant-")
            running[start(mutant, folder)] = mutant, folder, time.monotonic() + LONGEST
        for process, (mutant, folder, end) in list(running.items()):
            done, status = os.waitpid(process, os.WNOHANG)
            if not done and time.monotonic() > end:
                os.kill(process, signal.SIGKILL)
                done, status = os.waitpid(process, 0)
            if done:
                del running[process]
                shutil.rmtree(folder)
                yield mutant, status != 0
        time.sleep(0.02)


def prepare() -> None:
    """Load what every mutant needs and no mutant changes."""
    for name in ("ada_url", "asn1crypto.parser", "idna", "ipaddress", "rfc3986"):
        importlib.import_module(name)
    from hypothesis import settings

    for name in ("ssoroute", "worlds"):
        settings.register_profile(
            name, max_examples=WORLDS, deadline=None, derandomize=True, database=None
        )
    settings.load_profile("ssoroute")


def known_survivors() -> dict[str, str]:
    """The reasons of the survivors that are known, by their names."""
    with SURVIVORS.open("rb") as file:
        return {row["mutant"]: row["reason"] for row in tomllib.load(file).get("survivors", [])}


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--module", action="append", choices=MODULES, help="only this one")
    parser.add_argument("--sample", type=int, help="so many mutants, chosen by the seed")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--list", action="store_true", help="name the mutants and end")
    options = parser.parse_args()
    prepare()
    modules = options.module or list(MODULES)
    mutants = [mutant for module in modules for mutant in mutants_of(module)]
    if options.sample and options.sample < len(mutants):
        mutants = random.Random(options.seed).sample(mutants, options.sample)  # noqa: S311
    if options.list:
        for mutant in mutants:
            print(f"{mutant.line:4} {mutant.name}")
        return 0
    gone = known_survivors().keys() - {mutant.name for mutant in mutants}
    gone = {name for name in gone if name.partition(":")[0] in modules and not options.sample}
    for name in sorted(gone):
        print(f"STALE no such change: {name}")
    return judge(mutants, options.jobs) or bool(gone)


def unchanged(module: str) -> Mutant:
    tree = ast.parse((PACKAGE / MODULES[module][0]).read_text("utf-8"))
    return Mutant(module, 0, "nothing", "nothing", ast.unparse(tree))


def judge(mutants: list[Mutant], jobs: int) -> int:
    modules = list(dict.fromkeys(mutant.module for mutant in mutants))
    for mutant, was_noticed in noticed([unchanged(module) for module in modules], jobs):
        if was_noticed:
            print(f"the tests of {mutant.module} fail without any change")
            return 2
    reasons, began = known_survivors(), time.monotonic()
    counts: dict[str, list[int]] = {}
    new = stale = 0
    for mutant, was_noticed in noticed(mutants, jobs):
        of_module = counts.setdefault(mutant.module, [0, 0, 0])
        of_module[0 if was_noticed else 1 if mutant.name in reasons else 2] += 1
        if not was_noticed and mutant.name not in reasons:
            new += 1
            print(f"SURVIVED line {mutant.line}: {mutant.name}", flush=True)
        if was_noticed and mutant.name in reasons:
            stale += 1
            print(f"STALE noticed: {mutant.name}", flush=True)
    for module, (killed, known, survived) in counts.items():
        print(f"{module}: {killed} noticed, {known} known survivors, {survived} new")
    total = [sum(column) for column in zip(*counts.values(), strict=True)] or [0, 0, 0]
    took = time.monotonic() - began
    score = f"{total[0]} noticed ({total[0] / max(len(mutants), 1):.1%})"
    print(f"{len(mutants)} mutants: {score}, {total[1]} known, {new} new; {took:.0f} s")
    return 1 if new or stale else 0


if __name__ == "__main__":
    sys.exit(main())
