"""The options that several commands share, and the values that they become."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any, BinaryIO, Final

import click

from ssoroute.loaders.files import MOST_BYTES
from ssoroute.model.errors import DeviceError
from ssoroute.model.platforms import Platform, Version, parse_os
from ssoroute.model.profile import Channel
from ssoroute.model.request import Request
from ssoroute.model.spelling import Spelling
from ssoroute.routing.router import Matching

__all__ = [
    "Decorator",
    "InputOptions",
    "RequestOptions",
    "all_profiles",
    "device_options",
    "format_option",
    "input_options",
    "matching_option",
    "one_device",
    "profile_arguments",
    "read_os",
    "real_device_options",
    "request_options",
    "router_options",
    "spelling_option",
]

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


@dataclass(frozen=True, slots=True)
class InputOptions:
    """Which profiles on which device; `os` is the platform and version that `--os` names.

    `files` are open, and take the place of `profiles`.
    """

    profiles: tuple[str, ...]
    channel: str | None
    os: tuple[Platform, Version | None] | None
    device: str | None
    verbose: bool
    user: str | None = None
    sysdiagnose: str | None = None
    trusted_roots: str | None = None
    max_bytes: int = MOST_BYTES
    files: tuple[BinaryIO, ...] = ()


@dataclass(frozen=True, slots=True)
class RequestOptions:
    """The parts of a request besides its URL."""

    caller: str | None
    code: int
    locked: bool
    no_ui: bool
    background: bool

    def request(self, url: str) -> Request:
        """The request for `url`."""
        return Request(
            url,
            self.caller,
            self.code,
            self.locked,
            not self.no_ui,
            self.background,
        )


def read_os(
    _context: click.Context, _parameter: click.Parameter, value: str | None
) -> tuple[Platform, Version | None] | None:
    """The platform and version in `--os`."""
    if value is None:
        return None
    try:
        return parse_os(value)
    except DeviceError as error:
        raise click.BadParameter(str(error)) from None


_DEVICE: Final = (
    click.option(
        "--os",
        metavar="NAME[@VERSION]",
        callback=read_os,
        help="Platform and version, such as macOS@15.4 or iOS; if not given, this Mac or the"
        " newest macOS.",
    ),
    click.option("--device", metavar="FILE", help="A TOML or JSON file about the device."),
)
PROFILES: Final = click.option(
    "-p",
    "--profiles",
    metavar="PATH",
    multiple=True,
    help="A profile, declaration, dump or folder of them; `-` is standard input. Repeat it in the"
    " order of installation. On a Mac the default is what is installed.",
)
_USER: Final = click.option(
    "--user",
    metavar="NAME",
    help="The user who is logged in, if there are several.",
)
TRUSTED_ROOTS: Final = click.option(
    "--trusted-roots",
    metavar="FILE",
    help="Trusted roots for signatures (PEM or DER).",
)
MAX_BYTES: Final = click.option(
    "--max-bytes",
    metavar="N",
    type=click.IntRange(min=0),
    default=MOST_BYTES,
    help="The most bytes of one profile.",
)
_REAL: Final = (
    click.option(
        "--sysdiagnose",
        metavar="PATH",
        help="A sysdiagnose (.tar.gz or a folder) that says what the device is and has. Profiles of"
        " -p are installed after its own.",
    ),
    click.option(
        "--device-folder",
        metavar="PATH",
        help="The same from `ssoroute device collect`.",
    ),
)
_INPUT: Final = (
    PROFILES,
    click.option(
        "--channel",
        type=click.Choice([channel.value for channel in Channel]),
        help="The channel of all profiles. Without it, each profile has its own.",
    ),
    *_REAL,
    *_DEVICE,
    _USER,
    TRUSTED_ROOTS,
    MAX_BYTES,
    click.option("-v", "--verbose", is_flag=True, help="Show infos of loading as well."),
)
_REQUEST: Final = (
    click.option("--caller", metavar="ID", help="The bundle identifier of the app that asks."),
    click.option(
        "--code",
        metavar="N",
        type=int,
        default=0,
        help="The response code that the caller got; 401 and 407 are challenges.",
    ),
    click.option("--locked", is_flag=True, help="The screen is locked."),
    click.option("--no-ui", is_flag=True, help="The caller allows no user interface."),
    click.option("--background", is_flag=True, help="The request comes from a background session."),
)
#: The parameter names of `_REQUEST`.
REQUEST_NAMES: Final = ("caller", "code", "locked", "no_ui", "background")


def input_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give `command` the options about profiles and device, as its argument `inputs`."""

    @wraps(command)
    def wrapped(
        *args: Any,
        profiles: tuple[str, ...],
        channel: str | None,
        os: tuple[Platform, Version | None] | None,
        device: str | None,
        verbose: bool,
        user: str | None,
        sysdiagnose: str | None,
        device_folder: str | None,
        trusted_roots: str | None,
        max_bytes: int,
        **kwargs: Any,
    ) -> Any:
        if profiles.count("-") > 1:
            raise click.UsageError("standard input (`-`) can be read only once")
        real = one_device(sysdiagnose, device_folder)
        inputs = InputOptions(
            *(profiles, channel, os, device, verbose, user, real, trusted_roots, max_bytes)
        )
        return command(*args, inputs=inputs, **kwargs)

    return _with(_INPUT, wrapped)


def profile_arguments(command: Callable[..., Any]) -> Callable[..., Any]:
    """Let `command` take profiles as arguments, as if each was given with `-p`.

    Goes above `input_options`.
    """

    @wraps(command)
    def wrapped(
        *args: Any, paths: tuple[str, ...], profiles: tuple[str, ...], **kwargs: Any
    ) -> Any:
        return command(*args, profiles=all_profiles(profiles, paths), **kwargs)

    return click.argument("paths", metavar="PATH...", nargs=-1)(wrapped)


def all_profiles(options: tuple[str, ...], arguments: tuple[str, ...]) -> tuple[str, ...]:
    """The profiles that are given with `-p` or as arguments; their order counts, so not both."""
    if options and arguments:
        raise click.UsageError(
            "give all profiles with -p or all as arguments: they are installed in one order"
        )
    return options or arguments


def device_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give `command` the options about the device, as its arguments `os`, `device` and `user`."""
    return _with((*_DEVICE, _USER), command)


def real_device_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give `command` its arguments `sysdiagnose` and `device_folder`, for `one_device`."""
    return _with(_REAL, command)


def one_device(sysdiagnose: str | None, device_folder: str | None) -> str | None:
    """The path of the real device that the two options name together."""
    if sysdiagnose is not None and device_folder is not None:
        raise click.UsageError(
            "--sysdiagnose and --device-folder each name a device; leave one out"
        )
    return device_folder if sysdiagnose is None else sysdiagnose


def request_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give `command` the options about the request, as its argument `asked`."""

    @wraps(command)
    def wrapped(
        *args: Any,
        caller: str | None,
        code: int,
        locked: bool,
        no_ui: bool,
        background: bool,
        **kwargs: Any,
    ) -> Any:
        asked = RequestOptions(caller, code, locked, no_ui, background)
        return command(*args, asked=asked, **kwargs)

    return _with(_REQUEST, wrapped)


def router_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give `command` what makes a router, as its arguments `inputs` and `matching`."""
    return input_options(matching_option(command))


def matching_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give `command` the option `--matching`."""
    return click.option(
        "--matching",
        type=click.Choice([matching.value for matching in Matching]),
        default=Matching.SYSTEM.value,
        show_default=True,
        help="Match as devices do, or only beyond doubt.",
    )(command)


def spelling_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give `command` the option `--spelling`."""
    return click.option(
        "--spelling",
        type=click.Choice([spelling.value for spelling in Spelling]),
        default=Spelling.BROWSER.value,
        callback=lambda _context, _parameter, value: Spelling(value),
        show_default=True,
        help="Route each URL as a browser requests it, or exactly as it is written (app).",
    )(command)


def format_option(forms: Sequence[str], says: str) -> Decorator:
    """Give a command the option `--format`, as its argument `form`; `text` is the default."""
    return click.option(
        "--format", "form", type=click.Choice(forms), default="text", show_default=True, help=says
    )


def _with(options: tuple[Decorator, ...], command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(options):
        command = option(command)
    return command
