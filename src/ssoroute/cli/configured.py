"""`--config` and `--no-config`: what a configuration file says if the command line does not.

Options and arguments of the command line win. If they name a profile, no profile of the file
counts; if they name a device in any way, nothing that the file says of the device counts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import TYPE_CHECKING, Any, Final

import click
from click.core import ParameterSource

from ssoroute.cli.status import InputError
from ssoroute.cli.url_arguments import is_path
from ssoroute.configuration.finding_it import find_configuration
from ssoroute.model.errors import InvalidInputError
from ssoroute.model.platforms import parse_os

if TYPE_CHECKING:
    from ssoroute.configuration.values import Configuration

__all__ = [
    "CONFIG_OPTIONS",
    "configured",
    "current_configuration",
    "refuse_both",
    "the_configuration",
]

_META: Final = "ssoroute.configuration"
_REAL: Final = ("sysdiagnose", "device_folder")
#: The parameters of all commands that name profiles, and those that name a device.
_PROFILES: Final = frozenset({"profiles", "paths", *_REAL})
_DEVICE: Final = frozenset({"os", "targets", "device", "device_file", *_REAL})

CONFIG_OPTIONS: Final = (
    click.option("--config", "config_file", metavar="FILE", help="The configuration file to use."),
    click.option("--no-config", is_flag=True, help="Use no configuration file."),
)


def the_configuration(
    config_file: str | None, no_config: bool, folder: str = ""
) -> Configuration | None:
    """What the file that counts in `folder` says, or None; `InputError` if it is invalid."""
    refuse_both(config_file, no_config)
    if no_config:
        return None
    try:
        path = find_configuration(folder) if config_file is None else config_file
        if path is None:
            return None
        from ssoroute.configuration.reader import read_configuration

        return read_configuration(path)
    except InvalidInputError as error:
        raise InputError(error.problems) from None


def refuse_both(config_file: str | None, no_config: bool) -> None:
    """`click.UsageError` if the two options contradict each other."""
    if config_file is not None and no_config:
        raise click.UsageError("--config names a file that --no-config leaves out; leave out one")


def current_configuration() -> Configuration | None:
    """What the configuration file of the command that runs says."""
    found: Configuration | None = click.get_current_context().meta.get(_META)
    return found


def configured(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give `command` the two options, and the arguments that the file says.

    Goes above all options that it completes. All that the file says is `current_configuration`.
    """

    @wraps(command)
    def wrapped(*args: Any, config_file: str | None, no_config: bool, **kwargs: Any) -> Any:
        found = the_configuration(config_file, no_config)
        click.get_current_context().meta[_META] = found
        if found is not None:
            kwargs |= _completed(kwargs, _given(kwargs), found)
        return command(*args, **kwargs)

    for option in reversed(CONFIG_OPTIONS):
        wrapped = option(wrapped)
    return wrapped


def _given(arguments: Mapping[str, Any]) -> frozenset[str]:
    """The names of those arguments that do not have their defaults."""
    context = click.get_current_context()
    return frozenset(
        name
        for name in arguments
        if context.get_parameter_source(name) is not ParameterSource.DEFAULT
    )


def _completed(
    arguments: Mapping[str, Any], given: frozenset[str], found: Configuration
) -> dict[str, Any]:
    """The arguments that `found` says, of those that the command has and that are not given."""
    says: dict[str, Any] = {"user": found.user}
    recorded = arguments.get("recorded") is not None
    # Profiles may be among URLs and logs, and in place of the tables if one is recorded.
    among = (
        any(map(is_path, arguments.get("arguments", ())))
        or any(name.lower().endswith(".mobileconfig") for name in arguments.get("logs", ()))
        or (recorded and "tables" in given)
    )
    if not given & _PROFILES and not among:
        says |= {"profiles": found.profiles, "channel": found.channel}
    if not given & _DEVICE:
        says |= {"device": found.device, "device_file": found.device}
        if found.os is not None:
            says["os"] = parse_os(found.os)
        targets = found.targets or ((found.os,) if found.os else ())
        says["targets"] = [parse_os(target) for target in targets]
    if not recorded:
        says["tables"] = found.tables
    check = found.check
    says |= {"selected": check.select, "ignored": check.ignore, "severity": check.severity}
    if arguments.get("write_baseline") is None:
        says["baseline"] = check.baseline
    return {
        name: value
        for name, value in says.items()
        if name in arguments and name not in given and value
    }
