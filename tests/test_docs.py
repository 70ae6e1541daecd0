"""The documentation's examples run, and print exactly what it shows.

Console: in README.md and docs/*.md, a block of ```console that runs `ssoroute` is run, command by
command, from the root of the repository. A command stands after `$ `, and goes on after `> ` where
the line before ends in a backslash or a pipe; what follows is what a terminal shows, both streams
together. `$?` is the status of the command before. Nothing is left out or abbreviated.

Python: `>>>` in blocks of ```python and ```pycon in docs/*.md are doctests, one session a page.
"""

from __future__ import annotations

import doctest
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parent.parent
PAGES = [path for path in (ROOT / "README.md", *sorted(ROOT.glob("docs/*.md"))) if path.exists()]

_BLOCK = re.compile(r"^```(?P<language>\w+)[^\n]*\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_RUNS_SSOROUTE = re.compile(r"^\$ (?:.*\| *)?(?:xargs )?ssoroute\b", re.MULTILINE)


class Command(NamedTuple):
    """A command of a page with the output that the page shows."""

    line: int
    text: str
    output: str


class Session(NamedTuple):
    """The commands of one block."""

    page: Path
    commands: list[Command]

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.commands[0].line}"


def blocks(page: Path, *languages: str) -> Iterator[tuple[int, str]]:
    text = page.read_text(encoding="utf-8")
    for block in _BLOCK.finditer(text):
        if block["language"] in languages:
            yield text.count("\n", 0, block.start("text")) + 1, block["text"]


def commands(first_line: int, text: str) -> list[Command]:
    found: list[Command] = []
    goes_on = False
    for number, line in enumerate(text.splitlines(), first_line):
        if goes_on and line.startswith("> "):
            last = found[-1]
            found[-1] = last._replace(text=f"{last.text}\n{line[2:]}")
        elif line.startswith("$ "):
            found.append(Command(number, line[2:], ""))
        else:
            assert found, f"line {number}: output before the first command"
            found[-1] = found[-1]._replace(output=f"{found[-1].output}{line}\n")
        goes_on = line.endswith(("\\", "|")) and line.startswith(("$ ", "> "))
    return found


SESSIONS = [
    Session(page, commands(line, text))
    for page in PAGES
    for line, text in blocks(page, "console")
    if _RUNS_SSOROUTE.search(text)
]


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment in which `ssoroute` is the one of this source tree."""
    folder = tmp_path_factory.mktemp("bin")
    for name, module in (("ssoroute", "-m ssoroute"), ("python3", "")):
        script = folder / name
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}" {module} "$@"\n')
        script.chmod(0o755)
    kept = {key: value for key, value in os.environ.items() if key not in ("COLUMNS", "NO_COLOR")}
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    return kept | {"PATH": path, "PYTHONPATH": str(ROOT / "src"), "PYTHONIOENCODING": "utf-8"}


@pytest.mark.parametrize("session", SESSIONS, ids=str)
def test_console(session: Session, environment: dict[str, str]) -> None:
    status = 0
    for command in session.commands:
        done = subprocess.run(
            ["sh", "-c", f"(exit {status})\n{command.text}"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=ROOT,
            env=environment,
            encoding="utf-8",
            timeout=60,
            check=False,
        )
        assert done.stdout == command.output, f"{session.page.name}:{command.line}: {command.text}"
        status = done.returncode


def test_the_command_line_has_examples() -> None:
    assert any(session.page.name == "command-line.md" for session in SESSIONS)


# The examples of docs/api.md are those of the docstrings, which run where they are written.
@pytest.mark.parametrize(
    "page", [page for page in PAGES if page.name != "api.md"], ids=lambda page: page.name
)
def test_python(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    runner = doctest.DocTestRunner(verbose=False)
    names: dict[str, object] = {"__name__": "__main__"}
    for line, text in blocks(page, "python", "pycon"):
        if ">>>" not in text:
            continue
        example = doctest.DocTestParser().get_doctest(text, names, page.name, str(page), line - 1)
        runner.run(example, clear_globs=False)
        names = example.globs
    assert runner.summarize(verbose=False).failed == 0
