"""Writes a route table in TOML from requests and their decisions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields
from typing import Final

from ssoroute.loaders.device_text import device_lines, toml_string
from ssoroute.model.decision import Decision
from ssoroute.model.device import Device
from ssoroute.model.profile import Channel
from ssoroute.model.request import Request
from ssoroute.model.spelling import Spelling

__all__ = ["recorded_table"]

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
    """A table with one row for each request and its decision.

    `profiles` are paths relative to the folder of the table. The URL of a request is the one that
    was given, in its original spelling. The device is written in full, with its version, so that a
    newer release of this library reads the same device. `ValueError` if TOML cannot hold a text.
    """
    lines = [
        "# Recorded by `ssoroute test --record`; it is yours to edit.",
        f"profiles = [{', '.join(map(toml_string, profiles))}]",
        *([f"channel = {toml_string(channel)}"] if channel else []),
        *([f"user = {toml_string(user)}"] if user else []),
        f"matching = {toml_string(matching)}",
        f"spelling = {toml_string(spelling)}",
        "",
        *device_lines(device, table="device"),
    ]
    for request, decision in routes:
        lines += ["", "[[routes]]", *_request(request), *_answer(decision)]
    return "\n".join(lines) + "\n"


def _request(request: Request) -> Iterator[str]:
    for field in fields(Request):
        value = getattr(request, field.name)
        if value != getattr(_DEFAULTS, field.name) or field.name == "url":
            shown = toml_string(value) if isinstance(value, str) else str(value).lower()
            yield f"{field.name} = {shown}"


def _answer(decision: Decision) -> Iterator[str]:
    yield f"outcome = {toml_string(decision.outcome)}"
    yield f"reason = {toml_string(decision.reason)}"
    # If there is no extension, the reason says so.
    if decision.extension:
        yield f"extension = {toml_string(decision.extension.bundle_id)}"
    if decision.rule:
        yield f"rule = {toml_string(decision.rule.text)}"
