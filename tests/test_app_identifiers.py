"""Approvals under the identifier of the app count for its extension; strange ones are reported."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli_world import REDIRECT, SSO, corp, invoke
from ssoroute.install.associated_domains import Applications, needs, strangers
from ssoroute.install.installation import install_all
from ssoroute.model.device import Approval, Device, concerns
from ssoroute.model.payload import Extension
from ssoroute.model.profile import AssociatedDomains, PayloadDictionary, Profile, Value
from ssoroute.model.source import Source

_ = corp  # a fixture
EXTENSION = Extension(SSO, "EXAMPLE123")
HOST = "login.example.com"


@pytest.mark.parametrize(
    ("identifier", "extension", "wanted"),
    [
        (SSO, EXTENSION, True),
        ("com.example.app", EXTENSION, True),
        ("EXAMPLE123.com.example.app", EXTENSION, True),
        (f"EXAMPLE123.{SSO}", EXTENSION, True),
        ("OTHERTEAM1.com.example.app", EXTENSION, False),
        ("OTHERTEAM1.com.example.app", Extension(SSO), True),  # iOS: the payload names no team
        ("team.com.example.app", Extension(SSO), False),
        ("com.example.ap", EXTENSION, False),
        ("com.example.app.sso.more", EXTENSION, False),
        ("EXAMPLE123", EXTENSION, False),
        ("EXAMPLE123.", EXTENSION, False),
    ],
)
def test_an_identifier_concerns_an_extension(
    identifier: str, extension: Extension, wanted: bool
) -> None:
    assert concerns(identifier, extension) is wanted
    device = Device(associated_domains={identifier: {HOST: "approved"}})
    assert (device.approval(extension, HOST) is Approval.APPROVED) is wanted


@pytest.mark.parametrize(
    ("application", "extension", "speaks"),
    [
        (f"EXAMPLE123.{SSO}", EXTENSION, True),
        ("EXAMPLE123.com.example.app", EXTENSION, True),
        ("OTHERTEAM1.com.example.app", EXTENSION, False),
        ("OTHERTEAM1.com.example.app", Extension(SSO), True),
        (SSO, EXTENSION, False),
        ("EXAMPLE123.com.example.ap", EXTENSION, False),
        (f"EXAMPLE123.{SSO}.more", EXTENSION, False),
        ("EXAMPLE123", EXTENSION, False),
        ("EXAMPLE123.", Extension(".com", "EXAMPLE123"), False),
    ],
)
def test_an_application_speaks_for_an_extension(
    application: str, extension: Extension, speaks: bool
) -> None:
    applications = Applications([("EXAMPLE123.org.other", "other"), (application, "this")])
    assert applications.of(extension) == (["this"] if speaks else [])
    assert applications.any_speaks_for(extension) is speaks


def test_applications_keep_their_order() -> None:
    given = [
        ("OTHERTEAM1.com.example", 1),
        (f"EXAMPLE123.{SSO}", 2),
        ("EXAMPLE123.com.example", 3),
        ("OTHERTEAM1.com.example", 4),
    ]
    assert Applications(given).of(Extension(SSO)) == [1, 2, 3, 4]
    assert Applications(given).of(EXTENSION) == [2, 3]


@pytest.mark.parametrize("order", [1, -1])
def test_one_approval_is_enough(order: int) -> None:
    both = [(SSO, {HOST: "not_approved"}), ("com.example.app", {HOST: "approved"})]
    device = Device(associated_domains=dict(both[::order]))
    assert device.approval(EXTENSION, HOST) is Approval.APPROVED


ENTRIES = ("authsrv:Login.example.com?mode=managed", "webcredentials:id.example.com")


def listing(application: str, *entries: str) -> Profile:
    """A profile that claims two prefixes for the extension, and lists `entries`."""
    content: dict[str, Value] = {
        "Type": "Redirect",
        "ExtensionIdentifier": SSO,
        "TeamIdentifier": "EXAMPLE123",
        "URLs": (f"https://{HOST}/", "https://id.example.com/", "HTTPS://gone.example.com/"),
    }
    return Profile(
        (PayloadDictionary(content, Source("corp")),),
        Source("corp"),
        associated_domains=(AssociatedDomains(application, entries, Source("corp", "domains")),),
    )


@pytest.mark.parametrize(
    ("application", "platform", "listed"),
    [
        ("EXAMPLE123.com.example.app", "macOS", [HOST]),
        ("OTHERTEAM1.com.example.app", "macOS", []),
        ("EXAMPLE123", "macOS", []),
        ("EXAMPLE123.com.example.app", "iOS", []),  # the payload is one of macOS
    ],
)
def test_the_entries_that_prefixes_need_and_who_lists_them(
    application: str, platform: str, listed: list[str]
) -> None:
    device = Device(platform, associated_domains={SSO: {HOST: "approved"}})
    found = needs(install_all([listing(application, *ENTRIES)], device))
    assert [(need.entry, need.approval, bool(need.listed)) for need in found] == [
        (f"authsrv:{HOST}", Approval.APPROVED, HOST in listed),
        ("authsrv:id.example.com", None, False),
    ]
    assert [prefix.text for need in found for prefix in need.prefixes] == [
        f"https://{HOST}/",
        "https://id.example.com/",
    ]


def test_approvals_that_concern_no_payload_are_strangers() -> None:
    device = Device(associated_domains={SSO: {}, "com.exampel.app.sso": {}, "org.else": {}})
    assert strangers([listing("EXAMPLE123.com.example.app")], device) == [
        ("com.exampel.app.sso", SSO),
        ("org.else", None),
    ]
    declared = PayloadDictionary(
        {"ExtensionComposedIdentifier": "org.else (TEAM000001)"}, Source("d")
    )
    assert strangers([Profile((declared,), Source("d"))], device)[0] == (SSO, None)
    # where nothing names an extension, nothing is strange
    assert strangers([], device) == []


def write_device(identifier: str) -> None:
    text = f'[associated_domains."{identifier}"]\n"{HOST}" = "not_approved"\n'
    text += '"id.example.com" = "not_approved"\n'
    Path("device.toml").write_text(text, encoding="utf-8")


@pytest.mark.usefixtures("corp")
@pytest.mark.parametrize("identifier", ["com.example.app", "EXAMPLE123.com.example.app", SSO])
def test_the_app_of_a_device_file_counts(identifier: str) -> None:
    write_device(identifier)
    result = invoke(
        "route", "-p", "corp.mobileconfig", "--device", "device.toml", f"https://{HOST}/"
    )
    assert result.stdout.startswith(f"do_not_handle  {SSO}  domain_not_approved")
    assert result.stderr == ""


@pytest.mark.usefixtures("corp")
def test_an_identifier_of_no_payload_is_reported_with_the_nearest() -> None:
    write_device("com.exampel.app.sso")
    result = invoke(
        "route", "-p", "corp.mobileconfig", "--device", "device.toml", f"https://{HOST}/"
    )
    assert result.stdout.startswith(f"handle  {SSO}")
    assert result.stderr == (
        "device.toml: warning: the associated domains of `com.exampel.app.sso` concern no payload;"
        f" the nearest extension is `{SSO}`\n"
    )
    assert REDIRECT["TeamIdentifier"] == "EXAMPLE123"


def test_the_field_case() -> None:
    field = Path(__file__).parent.parent.parent / "shared" / "field"
    if not field.exists():
        pytest.skip("../shared is absent")
    result = invoke(
        "route",
        "-p",
        str(field / "34-app-in-associated-domains.mobileconfig"),
        "--device",
        str(field / "34-approval-of-the-app.toml"),
        "https://yourcompany.id.iru.com/",
    )
    assert result.stdout.startswith("do_not_handle  com.iru.Access.SSOExtension")
