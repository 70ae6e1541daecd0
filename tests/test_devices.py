"""Devices: what cannot be one is named, and each fact knows where it was read."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from ssoroute.model.device import Approval, Device
from ssoroute.model.errors import DeviceError
from ssoroute.model.payload import Extension
from ssoroute.model.source import Source

SSO = Extension("com.example.app.sso", "EXAMPLE123")
HOST = "login.example.com"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"installed_extensions": "com.example.sso"},
            "installed_extensions must be a list of identifiers, not a string",
        ),
        (
            {"installed_extensions": ["com.example.sso", ""]},
            "installed_extensions must hold bundle identifiers, not ``",
        ),
        (
            {"installed_extensions": [1]},
            "installed_extensions must hold bundle identifiers, not `1`",
        ),
        (
            {"associated_domains": {"com.example.sso": [HOST]}},
            (
                "associated_domains of `com.example.sso` must be"
                ' {"host[:port]": "approved" or "not_approved"}, not an array'
            ),
        ),
        (
            {"associated_domains": {"com.example.sso": {HOST: "unknown"}}},
            (
                f"associated_domains of `com.example.sso`: `{HOST}` must be `approved` or"
                " `not_approved`, not `unknown` (leave out unknown hosts)"
            ),
        ),
        (
            {"apple_account_urls": f"https://{HOST}/"},
            "apple_account_urls must be a list of URL prefixes, not a string",
        ),
        (
            {"apple_account_urls": [f"https://{HOST}/*"]},
            (
                "apple_account_urls must hold http(s) URL prefixes without `*`,"
                f" not `https://{HOST}/*`"
            ),
        ),
        (
            {"apple_account_urls": [1]},
            "apple_account_urls must hold http(s) URL prefixes without `*`, not `1`",
        ),
        (
            {"apple_account_urls": ["https://"]},
            (
                "apple_account_urls must hold http(s) URL prefixes without `*`, not `https://`:"
                " it has no host"
            ),
        ),
    ],
)
def test_what_cannot_be_a_device(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(DeviceError) as caught:
        Device(**arguments)
    assert caught.value.problems == (message,)
    assert pickle.loads(pickle.dumps(caught.value)).problems == (message,)


def test_an_approval_knows_where_it_was_read() -> None:
    place = Source("swcutil_show.txt").line(41)
    device = Device(
        associated_domains={
            "com.example.other": {HOST: "approved"},
            SSO.bundle_id: {HOST: "approved"},
            "com.example.app": {HOST: "approved", "id.example.com": "not_approved"},
        },
        sources={
            ("associated_domains", "com.example.other", HOST): Source("other.txt"),
            ("associated_domains", "com.example.app", HOST): place,
        },
    )
    assert device.approval(SSO, HOST) is Approval.APPROVED
    assert device.approval_source(SSO, HOST) == place
    assert device.approval_source(SSO, "id.example.com") is None
    assert device.approval_source(SSO, "elsewhere.example.com") is None
