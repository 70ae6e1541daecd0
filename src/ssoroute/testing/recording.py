"""Writes a table of expected routes, in TOML, from requests and the answers to them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields
from typing import Final

from ssoroute.model.decision import Decision
from ssoroute.model.device import APPLE_ACCOUNT_URLS, Device
from ssoroute.model.payload import Extension
from ssoroute.model.profile import Channel
from ssoroute.model.request import Request
from ssoroute.model.spelling import Spelling

__all__ = ["recorded_table", "toml_string"]

_DEFAULTS: Final = Request("")


def recorded_table(
    profiles: Iterable[str],
    channel: Channel | str | None,
    device: Device,
    matching: str,
    spelling: Spelling,
    routes: Iterable[tuple[Request, Decision]],
    user: str | None = None,
) -> str:
    """A table that says of each request what was decided about it.

    `profiles` are paths relative to the table's folder; the URL of a request is the one that was
    given, in no spelling. The device is written whole, with its version, so that a newer release of
    this library reads the same one. `ValueError` for text that TOML cannot hold.
    """
    lines = [
        "# Recorded by `ssoroute test --record`; it is yours to edit.",
        f"profiles = [{', '.join(map(toml_string, profiles))}]",
        *([f"channel = {toml_string(channel)}"] if channel else []),
        *([f"user = {toml_string(user)}"] if user else []),
        f"matching = {toml_string(matching)}",
        f"spelling = {toml_string(spelling)}",
        *_device(device),
    ]
    for request, decision in routes:
        lines += ["", "[[routes]]", *_request(request), *_answer(decision)]
    return "\n".join(lines) + "\n"


def toml_string(text: str) -> str:
    r"""`text` as a basic string of TOML, with escapes for all that is no visible character.

    >>> print(toml_string('"\x1b\U000e0041'))
    "\"\u001B\U000E0041"
    """
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(character: str) -> str:
    if character in ('"', "\\"):
        return "\\" + character
    if character.isprintable():
        return character
    code = ord(character)
    if 0xD800 <= code <= 0xDFFF:  # noqa: PLR2004 - the surrogates
        raise ValueError(f"half of a surrogate pair (U+{code:04X}) cannot be written in TOML")
    return f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"  # noqa: PLR2004


def _device(device: Device) -> Iterator[str]:
    yield ""
    yield "[device]"
    yield f"platform = {toml_string(device.platform)}"
    yield f"version = {toml_string(str(device.version))}"
    if device.installed_extensions is not None:
        extensions = ", ".join(map(_extension, device.installed_extensions))
        yield f"installed_extensions = [{extensions}]"
    if device.apple_account_urls != APPLE_ACCOUNT_URLS:
        yield f"apple_account_urls = [{', '.join(map(toml_string, device.apple_account_urls))}]"
    for bundle_id, hosts in device.associated_domains.items():
        yield ""
        yield f"[device.associated_domains.{toml_string(bundle_id)}]"
        yield from (
            f"{toml_string(host)} = {toml_string(approval)}" for host, approval in hosts.items()
        )


def _extension(extension: Extension) -> str:
    bundle_id = toml_string(extension.bundle_id)
    if extension.team_id is None:
        return bundle_id
    return f"{{ bundle_id = {bundle_id}, team_id = {toml_string(extension.team_id)} }}"


def _request(request: Request) -> Iterator[str]:
    for field in fields(Request):
        value = getattr(request, field.name)
        if value != getattr(_DEFAULTS, field.name) or field.name == "url":
            shown = toml_string(value) if isinstance(value, str) else str(value).lower()
            yield f"{field.name} = {shown}"


def _answer(decision: Decision) -> Iterator[str]:
    yield f"outcome = {toml_string(decision.outcome)}"
    yield f"reason = {toml_string(decision.reason)}"
    # Where there is none, the reason says so.
    if decision.extension:
        yield f"extension = {toml_string(decision.extension.bundle_id)}"
    if decision.rule:
        yield f"rule = {toml_string(decision.rule.text)}"
