"""Writes `docs/api.md` from the docstrings of the public names: `python tools/api_page.py`."""

from __future__ import annotations

import inspect
import re
from enum import Enum
from pathlib import Path
from typing import Final

import ssoroute

PAGE: Final = Path(__file__).parent.parent / "docs" / "api.md"

HEAD: Final = """\
# API

Every public name of `ssoroute`, from its docstring. `tools/api_page.py` writes this page: change
the docstring, then run the script. [stability.md](stability.md) says what may change.
"""


def signature_of(value: object) -> str:
    """The parameters as they are written, or nothing if the value cannot be called."""
    try:
        text = str(inspect.signature(value))  # type: ignore[arg-type]  # refused below
    except (TypeError, ValueError):
        return ""
    text = re.sub(r"ssoroute(\.\w+)+\.(\w+)", r"\2", text)
    return re.sub(r"<(\w+\.\w+): [^>]+>", r"\1", text).replace("'", "").removesuffix(" -> None")


def prose(doc: str) -> str:
    """A docstring as Markdown: its examples become blocks of code."""
    out, in_code = [], False
    for line in inspect.cleandoc(doc).splitlines():
        if line.startswith(">>>") and not in_code:
            out.append("```pycon")
            in_code = True
        elif not line and in_code:
            out.append("```")
            in_code = False
        out.append(line)
    return "\n".join([*out, "```"] if in_code else out)


def members_of(cls: type) -> list[str]:
    """Methods and properties of a class, each with the first paragraph of its docstring."""
    rows = []
    for name, value in vars(cls).items():
        function = value.__func__ if isinstance(value, (classmethod, staticmethod)) else value
        doc = getattr(function, "__doc__", None)
        if (
            name.startswith("_")
            or not doc
            or not (callable(function) or isinstance(value, property))
        ):
            continue
        first = " ".join(inspect.cleandoc(doc).split("\n\n")[0].split())
        call = "" if isinstance(value, property) else "()"
        rows.append(f"* `{name}{call}`: {first}")
    return rows


def entry(name: str) -> str:
    """The section of one public name."""
    value = getattr(ssoroute, name)
    kind = "class" if inspect.isclass(value) else "function" if callable(value) else "value"
    parts = [f"## `{name}`"]
    if kind == "value":
        parts.append(f"`{name} = {value!r}`")
        return "\n\n".join(parts)
    if isinstance(value, type) and issubclass(value, Enum):
        parts.append("One of " + ", ".join(f"`{item.value}`" for item in value) + ".")
    else:
        parts.append(f"```python\n{name}{signature_of(value)}\n```")
    parts.append(prose(value.__doc__ or ""))
    if isinstance(value, type):
        rows = members_of(value)
        if rows:
            parts.append("\n".join(rows))
    return "\n\n".join(parts)


def page() -> str:
    """The whole page."""
    names = sorted(set(ssoroute.__all__) - {"accelerated"}, key=str.lower)
    first = "`accelerated` is True if the compiled engine runs, else False."
    return "\n\n".join([HEAD.rstrip(), first, *(entry(name) for name in names)]) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
