"""Completion in shells: `ssoroute completion` prints the script, `complete` answers it.

The script runs `ssoroute` with `_SSOROUTE_COMPLETE` in the environment each time the key is
pressed. The completions come from the definitions of the commands. click does both.
"""

from __future__ import annotations

from typing import Final

import click
from click.shell_completion import get_completion_class, shell_complete

from ssoroute.cli.commands import Commands
from ssoroute.cli.terminal import OutputClosed, show_text

__all__ = ["VARIABLE", "complete", "completion"]

#: The variable that the script sets.
VARIABLE: Final = "_SSOROUTE_COMPLETE"

_PROGRAM: Final = "ssoroute"
#: The metavars of options and arguments whose value is the name of a file.
_FILES: Final = frozenset({"FILE", "PATH", "TABLE", "OLD", "NEW", "LOG", "[PATH|URL]"})

_HELP: Final = """\
Print the script that completes commands and options in a shell.

\b
Examples:
  eval "$(ssoroute completion bash)"  # in ~/.bashrc, bash 4.4 or newer
  eval "$(ssoroute completion zsh)"   # in ~/.zshrc, after compinit
  ssoroute completion fish | source   # in ~/.config/fish/config.fish
"""


@click.command(help=_HELP, short_help="Print the script that completes commands in a shell.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the script for one shell."""
    made = get_completion_class(shell)
    assert made is not None  # noqa: S101 - click knows these three
    source = made(context.find_root().command, {}, _PROGRAM, VARIABLE).source_template
    names = {
        "complete_func": "_ssoroute_completion",
        "complete_var": VARIABLE,
        "prog_name": _PROGRAM,
    }
    for line in (source % names).splitlines():
        show_text(line)


def complete(cli: Commands, instruction: str) -> int:
    """Answer the script: print the possible words at the cursor, and return the exit status.

    `instruction` is the value of `VARIABLE`, such as `bash_complete`.
    """
    for command in cli.every_command().values():
        for parameter in command.params:
            if _takes_file(parameter):
                parameter.type = click.Path()  # only for completion: no file is read here
    try:
        return shell_complete(cli, {}, _PROGRAM, VARIABLE, instruction)
    except BrokenPipeError:
        raise OutputClosed from None


def _takes_file(parameter: click.Parameter) -> bool:
    return (parameter.metavar or "").removesuffix("...") in _FILES
