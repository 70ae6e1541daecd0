"""Invariant: a device file gives members that make a device, or printable problems."""

from __future__ import annotations

from collections.abc import Iterator

from ssoroute.loaders.device_file import read_device_members
from ssoroute.loaders.settings_file import parse_settings
from ssoroute.model.device import Device
from ssoroute.model.errors import InvalidInputError
from ssoroute.model.members import MemberReader
from ssoroute.model.source import Source

LONGEST = 2000
TOML = b"""platform = "macOS"
version = "15.4"
installed_extensions = ["com.example.sso", { bundle_id = "com.example.b", team_id = "T" }]
apple_account_urls = ["https://appleid.apple.com/"]
[associated_domains."com.example.sso"]
"login.example.com:8443" = "approved"
"other.example" = "not_approved"
"""


def seeds() -> Iterator[bytes]:
    yield TOML
    yield b'{"platform": "iPadOS", "version": "18", "installed_extensions": ["a.b"]}'
    yield b'{"associated_domains": {"a.b": {"[::1]:8443": "approved"}}, "version": 15}'


def check(data: bytes) -> None:
    source = Source("device.json" if data[:1] in (b"{", b"[") else "device.toml")
    reader = MemberReader()
    try:
        members = read_device_members(parse_settings(data, source), source, reader)
        problems: tuple[str, ...] = tuple(reader.problems)
    except InvalidInputError as error:
        members, problems = {}, error.problems
        assert problems, data
    for problem in problems:
        assert problem.isprintable(), problem
    if not problems:
        Device(**members)
