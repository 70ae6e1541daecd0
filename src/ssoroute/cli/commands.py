"""The group of all commands; the file of a command is loaded when the command is used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from importlib import import_module
from typing import Final

import click

from ssoroute.cli.pager import paged
from ssoroute.model.nearest import did_you_mean
from ssoroute.model.quoting import quote

__all__ = ["Commands", "refuse_repeats"]

#: In the order in which the help lists them. The command of `mitm-path` is `mitm_path` in the file
#: of the same name, and so on.
_NAMES: Final = (
    "route",
    "explain",
    "clients",
    "experiment",
    "show",
    "check",
    "aasa",
    "test",
    "diff",
    "convert",
    "replay",
    "serve",
    "lsp",
    "device",
    "schema",
    "bench",
    "docs",
    "mitm-path",
    "config",
    "completion",
)


#: The commands whose output goes through the pager if it does not fit on a terminal.
_PAGED: Final = frozenset(
    {"check", "clients", "device show", "diff", "docs", "experiment", "explain", "show", "test"}
)


class Commands(click.Group):
    """A group with one file for each command."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """The names of all commands."""
        return list(_NAMES)

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        cmd_name: str,
    ) -> click.Command | None:
        """The command of that name, or None."""
        if cmd_name in _NAMES and cmd_name not in self.commands:
            file = cmd_name.replace("-", "_")
            command = getattr(import_module(f"ssoroute.cli.{file}"), file)
            for name, one in _with_inner(cmd_name, command).items():
                if name in _PAGED and one.callback is not None:
                    one.callback = paged(one.callback)
            self.add_command(command, cmd_name)
        return self.commands.get(cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that `args` begin with; `click.UsageError` if it is unknown or misused."""
        name = args[0]
        if not ctx.resilient_parsing and not name.startswith("-") and name not in _NAMES:
            hint = did_you_mean(name, _NAMES)
            raise click.UsageError(f"unknown command {quote(name)}; {hint}", ctx)
        found, command, rest = super().resolve_command(ctx, args)
        if command is not None and not ctx.resilient_parsing:
            refuse_repeats(command, click.Context(command, parent=ctx, info_name=found), rest)
        return found, command, rest

    def every_command(self) -> dict[str, click.Command]:
        """All commands by name, those inside `device` as well."""
        context = click.Context(self)
        found: dict[str, click.Command] = {}
        for name in _NAMES:
            command = self.get_command(context, name)
            if command is not None:
                found |= _with_inner(name, command)
        return found


def _with_inner(name: str, command: click.Command) -> dict[str, click.Command]:
    """The command by its name, and if it is a group also those inside by theirs."""
    inner = command.commands if isinstance(command, click.Group) else {}
    return {name: command, **{f"{name} {own}": item for own, item in inner.items()}}


def refuse_repeats(
    command: click.Command, context: click.Context, arguments: Sequence[str]
) -> None:
    """`click.UsageError` if `arguments` give an option twice of which only one value counts."""
    try:
        _, _, given = command.make_parser(context).parse_args(list(arguments))
    except click.UsageError:
        return  # the command itself reports it
    for option, times in Counter(given).items():
        if not isinstance(option, click.Option) or option.multiple or option.is_flag:
            continue
        if times > 1:
            name = max(option.opts, key=len)
            raise click.UsageError(f"{name} is given {times} times; give it once", context)
