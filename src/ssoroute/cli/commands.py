"""The group of all commands; the file of a command is loaded when the command is asked for."""

from __future__ import annotations

from importlib import import_module
from typing import Final

import click

__all__ = ["Commands"]

#: In the order in which the help lists them. The command of `mitm-path` is `mitm_path` in the file
#: of the same name, and so on.
_NAMES: Final = (
    "route",
    "explain",
    "clients",
    "experiment",
    "show",
    "check",
    "test",
    "diff",
    "replay",
    "serve",
    "device",
    "bench",
    "mitm-path",
    "completion",
)


class Commands(click.Group):
    """A group whose commands stand in one file each."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """The names of all commands."""
        return list(_NAMES)

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        cmd_name: str,
    ) -> click.Command | None:
        """The command of that name, None where there is none."""
        if cmd_name in _NAMES and cmd_name not in self.commands:
            file = cmd_name.replace("-", "_")
            self.add_command(getattr(import_module(f"ssoroute.cli.{file}"), file), cmd_name)
        return self.commands.get(cmd_name)

    def every_command(self) -> dict[str, click.Command]:
        """All commands by name, those inside `device` as well."""
        context = click.Context(self)
        found: dict[str, click.Command] = {}
        for name in _NAMES:
            command = self.get_command(context, name)
            if command is not None:
                found[name] = command
            if isinstance(command, click.Group):
                found |= {f"{name} {inner}": item for inner, item in command.commands.items()}
        return found
