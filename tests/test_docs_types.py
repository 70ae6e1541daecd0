"""The Python examples of the documentation have types: mypy and pyright are strict with them.

No example has a cast. pyright comes as basedpyright, which brings its own Node, so that it needs no
network.

Each page becomes one module, as a reader would type it in. Each example of docs/api.md is
checked by itself, with the public names at hand.
"""

from __future__ import annotations

import doctest
import json
import re
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Final

import pytest

from test_docs import PAGES, ROOT, blocks

#: Libraries that a reader needs for a page, and that the tests do not.
_OTHERS: Final = ("duckdb", "mitmproxy", "polars", "pyarrow", "pyspark", "ray")
_OF_OTHERS: Final = re.compile(rf'Import "(?:{"|".join(_OTHERS)})[".].* could not be resolved')
#: What strict pyright says about a session at the prompt, and about libraries without types.
_PYRIGHT_OFF: Final = (
    "reportUnusedExpression",
    "reportUnusedImport",
    "reportUnusedVariable",
    "reportWildcardImportFromLibrary",
    "reportMissingTypeStubs",
    "reportUnknownArgumentType",
    "reportUnknownMemberType",
    "reportUnknownVariableType",
)


def statements(text: str) -> str:
    """The code of a block: what follows the prompts if it has some."""
    if ">>>" not in text:
        return text
    return "".join(example.source for example in doctest.DocTestParser().get_examples(text))


def module_of(page: Path) -> str:
    """The examples of a page, in order, with the line of each block."""
    if page.name != "api.md":
        return "".join(f"# {page.name}:{line}\n{statements(text)}\n"
                       for line, text in blocks(page, "python", "pycon"))  # fmt: skip
    parts = ["import ssoroute", "from ssoroute import *"]
    for line, text in blocks(page, "pycon"):
        body = textwrap.indent(statements(text), "    ")
        parts.append(f"# {page.name}:{line}\ndef example_{line}() -> None:\n{body}")
    return "\n".join(parts) + "\n"


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> dict[Path, str]:
    """The page of each module; all are in one folder."""
    folder = tmp_path_factory.mktemp("pages")
    found = {}
    for page in PAGES:
        text = module_of(page)
        if text:
            module = folder / (page.stem.replace("-", "_").lower() + "_page.py")
            module.write_text(text, encoding="utf-8")
            found[module] = page.name
    return found


def said_by(checker: str, *arguments: str, folder: Path) -> str:
    """What a checker of types prints in `folder`; 1 is its status if it complains."""
    done = subprocess.run(
        [sys.executable, "-m", checker, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def mypy_complaints(modules: dict[Path, str]) -> dict[str, list[str]]:
    """What mypy says about the examples, by page."""
    folder = next(iter(modules)).parent
    lines = ["[mypy]", "strict = true", "mypy_path = " + str(ROOT / "src"),
             "allow_redefinition = true", "follow_imports = silent"]  # fmt: skip
    for name in _OTHERS:
        lines += [f"[mypy-{name}.*]", "ignore_missing_imports = true"]
    (folder / "mypy.ini").write_text("\n".join(lines) + "\n")
    said = said_by("mypy", "--config-file", "mypy.ini", *(m.name for m in modules), folder=folder)
    found: dict[str, list[str]] = {page: [] for page in modules.values()}
    for line in said.splitlines():
        module = folder / line.partition(":")[0]
        if module in modules and ": note: " not in line:
            found[modules[module]].append(line)
    return found


@pytest.fixture(scope="module")
def pyright_complaints(modules: dict[Path, str]) -> dict[str, list[str]]:
    """What pyright says about the examples, by page."""
    pytest.importorskip("basedpyright", reason="basedpyright is not installed")
    folder = next(iter(modules)).parent
    rules = dict.fromkeys(_PYRIGHT_OFF, "none")
    configuration = {"typeCheckingMode": "strict", "extraPaths": [str(ROOT / "src")], **rules}
    (folder / "pyrightconfig.json").write_text(json.dumps(configuration))
    options = ("--outputjson", "--pythonpath", sys.executable)
    said = json.loads(said_by("basedpyright", *options, folder=folder))
    assert said["summary"]["filesAnalyzed"] == len(modules)
    found: dict[str, list[str]] = {page: [] for page in modules.values()}
    for one in said["generalDiagnostics"]:
        if not _OF_OTHERS.match(one["message"]):
            line = one["range"]["start"]["line"] + 1
            page = modules[folder / Path(one["file"]).name]
            found[page].append(f"{line}: {one['message']} ({one.get('rule')})")
    return found


WITH_EXAMPLES: Final = [page.name for page in PAGES if module_of(page)]


@pytest.mark.parametrize("page", WITH_EXAMPLES)
def test_the_examples_have_types(page: str, mypy_complaints: dict[str, list[str]]) -> None:
    assert mypy_complaints[page] == []


@pytest.mark.parametrize("page", WITH_EXAMPLES)
def test_pyright_agrees(page: str, pyright_complaints: dict[str, list[str]]) -> None:
    assert pyright_complaints[page] == []
