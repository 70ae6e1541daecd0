"""The Python examples of the documentation have types: mypy is strict with them, without a cast.

Each page becomes one module, as a reader would type it in. Each example of docs/api.md stands for
itself, with the public names at hand.
"""

from __future__ import annotations

import doctest
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from test_docs import PAGES, ROOT, blocks

#: Libraries that a reader needs for a page, and that the tests do not.
_OTHERS = "duckdb", "mitmproxy", "polars", "pyarrow", "pyspark", "ray"


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
def complaints(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What mypy says about the examples, by page."""
    folder = tmp_path_factory.mktemp("pages")
    lines = ["[mypy]", "strict = true", "mypy_path = " + str(ROOT / "src"),
             "allow_redefinition = true", "follow_imports = silent"]  # fmt: skip
    for name in _OTHERS:
        lines += [f"[mypy-{name}.*]", "ignore_missing_imports = true"]
    (folder / "mypy.ini").write_text("\n".join(lines) + "\n")
    modules = {}
    for page in PAGES:
        text = module_of(page)
        if text:
            name = page.stem.replace("-", "_").lower() + "_page"
            (folder / f"{name}.py").write_text(text, encoding="utf-8")
            modules[f"{name}.py"] = page.name
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file", "mypy.ini", *modules],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    found: dict[str, list[str]] = {page: [] for page in modules.values()}
    for line in done.stdout.splitlines():
        file = line.partition(":")[0]
        if file in modules and ": note: " not in line:
            found[modules[file]].append(line)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return found


@pytest.mark.parametrize("page", [p.name for p in PAGES if module_of(p)])
def test_the_examples_have_types(page: str, complaints: dict[str, list[str]]) -> None:
    assert complaints[page] == []
