"""Writes `docs/man/ssoroute.1` from the commands as they are; with `--check`, says if it is stale.

Nothing of click's own layout goes into the page, so that another version of it changes nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from ssoroute.cli import cli
from ssoroute.cli.commands import Commands

#: Of the version that is being made; it changes when the version does.
DATE = "2026-11-20"
PAGE = Path(__file__).parent.parent / "docs" / "man" / "ssoroute.1"

#: Characters that troff takes for its own, or prints as another.
_ESCAPES = {
    "\\": r"\(rs",
    "-": r"\-",
    "'": r"\(aq",
    "`": r"\(ga",
    "^": r"\(ha",
    "~": r"\(ti",
    '"': r"\(dq",
}


def troff(text: str) -> str:
    r"""`text` as one line of troff that prints exactly this.

    >>> print(troff(".TH 'x' \\ --os"))
    \&.TH \(aqx\(aq \(rs \-\-os
    """
    escaped = "".join(map(_escaped, text))
    return rf"\&{escaped}" if escaped.startswith(".") else escaped


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    return character if character.isascii() else rf"\[u{ord(character):04X}]"


def page(group: Commands) -> str:
    """The whole page."""
    lines = [
        '.\\" Made by tools/man_page.py; change the help texts of the commands instead.',
        f'.TH SSOROUTE 1 {DATE} "ssoroute" "User Commands"',
        ".SH NAME",
        troff("ssoroute - which SSO extension of an Apple device gets a request, and why"),
        ".SH SYNOPSIS",
        *_synopsis("ssoroute", ["COMMAND", "[OPTION]...", "[ARGUMENT]..."]),
        ".SH DESCRIPTION",
        *_prose(group.help or ""),
        ".SH OPTIONS",
        *_options(group),
        ".TP",
        _bold("-h, --help"),
        troff("Print the help of ssoroute, or of the command before it."),
        ".SH COMMANDS",
    ]
    for name, command in sorted(group.every_command().items()):
        lines += _command(name, command)
    return "\n".join(lines) + "\n"


def _command(name: str, command: click.Command) -> Iterator[str]:
    yield f".SS {_quoted(f'ssoroute {name}')}"
    arguments = [p for p in command.params if isinstance(p, click.Argument)]
    words = [_argument(argument) for argument in arguments]
    has_options = len(arguments) < len(command.params)
    yield from _synopsis(f"ssoroute {name}", [*(["[OPTION]..."] if has_options else []), *words])
    yield ".PP"
    yield from _prose(command.help or "")
    yield from _options(command)


def _argument(argument: click.Argument) -> str:
    named = argument.metavar or _choices(argument) or (argument.name or "").upper()
    return named if argument.required else f"[{named}]"


def _options(command: click.Command) -> Iterator[str]:
    for option in command.params:
        if isinstance(option, click.Option) and not option.hidden:
            yield ".TP"
            value = "" if option.is_flag else option.metavar or _choices(option)
            names = ", ".join([*option.opts, *option.secondary_opts])
            yield _bold(names) + (rf" \fI{troff(value)}\fR" if value else "")
            shown = f" (default: {option.default})" if option.show_default else ""
            yield troff(f"{option.help or ''}{shown}")


def _choices(parameter: click.Parameter) -> str:
    kind = parameter.type
    if isinstance(kind, click.Choice):
        return "|".join(str(getattr(choice, "value", choice)) for choice in kind.choices)
    return kind.name.upper() if isinstance(parameter, click.Option) else ""


def _prose(help_text: str) -> Iterator[str]:
    r"""A help text: paragraphs, and those after a `\b` line by line."""
    for number, paragraph in enumerate(help_text.strip().split("\n\n")):
        if number:
            yield ".PP"
        lines = paragraph.split("\n")
        if lines[0] == "\b":
            yield ".nf"
            yield from (troff(line) for line in lines[1:])
            yield ".fi"
        else:
            yield troff(" ".join(line.strip() for line in lines))


def _synopsis(command: str, words: list[str]) -> Iterator[str]:
    yield " ".join([_bold(command), *(rf"\fI{troff(word)}\fR" for word in words)])


def _bold(text: str) -> str:
    return rf"\fB{troff(text)}\fR"


def _quoted(text: str) -> str:
    return f'"{troff(text)}"'


def main() -> int:
    """Write the page, or compare it."""
    text = page(cli)
    if "--check" in sys.argv[1:]:
        stale = not PAGE.exists() or PAGE.read_text(encoding="utf-8") != text
        if stale:
            sys.stderr.write("docs/man/ssoroute.1 is stale: run `python tools/man_page.py`\n")
        return int(stale)
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
