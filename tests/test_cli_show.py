"""`ssoroute show`: what a device holds, in words and as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli_world import CREDENTIAL, REDIRECT, SSO, corp, invoke, write_profile

__all__ = ["corp"]

P = "-pcorp.mobileconfig"

HELD = """\
macOS 15.4
  installed extensions: com.example.app.sso, com.example.user (EXAMPLE123)
  domains of com.example.app.sso: login.example.com approved, id.example.com not approved

installed, in this order
  1. second.mobileconfig (device channel)
     com.example.second, "Second"
     Redirect for com.example.app.sso (EXAMPLE123), PayloadContent[0]
       prefixes: https://two.example.com, HTTPS://three.example.com
       denied callers: com.example.a, com.example.b
       screen locked: DoNotHandle
  2. corp.mobileconfig (device channel)
     corp
     Redirect for com.example.app.sso (EXAMPLE123), PayloadContent[0]
       prefixes: https://login.example.com, https://id.example.com/t/
       Platform SSO: Password
       screen locked: Cancel
     Credential for com.example.kerberos (apple), PayloadContent[1]
       hosts: .example.com
       realm: EXAMPLE.COM
       screen locked: Cancel

refused
  clash.mobileconfig: MCExtensibleSingleSignOnErrorDomain 54005 on iOS; Intune reports 10002 for a
    Mac
     clash
     PayloadContent[0].URLs[0]: the URL `https://LOGIN.example.com` is already claimed [54005]
       the other is corp.mobileconfig: PayloadContent[0].URLs[0]
       both would take https://LOGIN.example.com
     PayloadContent[1].Hosts[0]: the host `.example.com` is already claimed [54007]
       the other is corp.mobileconfig: PayloadContent[1].Hosts[0]
       both would take https://a.example.com/ after a challenge (401)

replaced
  corp.mobileconfig by corp.mobileconfig (both are corp)

inactive
  prefix HTTPS://three.example.com of com.example.app.sso (EXAMPLE123), Redirect,
    second.mobileconfig: PayloadContent[0]
     the system removes a prefix whose scheme is not in lower case [observed]
  prefix https://id.example.com/t/ of com.example.app.sso (EXAMPLE123), Redirect, corp.mobileconfig:
    PayloadContent[0]
     its host is not approved for the extension, while another one is [observed]
  com.example.kerberos (apple), Credential, corp.mobileconfig: PayloadContent[1]
     its extension is not installed [observed]

active, in the order in which the device asks them
  1. com.example.app.sso (EXAMPLE123), Redirect: https://two.example.com
  2. com.example.app.sso (EXAMPLE123), Redirect: https://login.example.com
"""


@pytest.fixture
def device(corp: Path) -> list[str]:
    """A device with a bit of everything, as options."""
    platform_sso = {"PlatformSSO": {"AuthenticationMethod": "Password"}}
    write_profile(corp, {**REDIRECT, **platform_sso}, CREDENTIAL)
    write_profile(
        Path("second.mobileconfig"),
        {
            **REDIRECT,
            "URLs": ["https://two.example.com", "HTTPS://three.example.com"],
            "DeniedBundleIdentifiers": ["com.example.a", "com.example.b"],
            "ScreenLockedBehavior": "DoNotHandle",
        },
        PayloadIdentifier="com.example.second",
        PayloadDisplayName="Second",
    )
    write_profile(
        Path("clash.mobileconfig"),
        {**REDIRECT, "URLs": ["https://LOGIN.example.com"]},
        CREDENTIAL,
    )
    Path("device.json").write_text(
        json.dumps(
            {
                "installed_extensions": [
                    SSO,
                    {"bundle_id": "com.example.user", "team_id": "EXAMPLE123"},
                ],
                "associated_domains": {
                    SSO: {"login.example.com": "approved", "id.example.com": "not_approved"}
                },
            }
        )
    )
    names = ["corp", "second", "corp", "clash"]
    profiles = [f"-p{name}.mobileconfig" for name in names]
    return [*profiles, "--device", "device.json", "--os", "macOS@15.4"]


def test_all_that_a_device_holds(device: list[str]) -> None:
    result = invoke("show", *device)
    assert (result.stderr, result.exit_code) == ("", 0)
    assert result.stdout == HELD


def test_json(device: list[str]) -> None:
    document = json.loads(invoke("show", "--json", *device).stdout)
    assert list(document) == [
        "schema",
        "device",
        "installed",
        "refused",
        "replaced",
        "inactive",
        "active",
    ]
    assert document["device"] == {
        "platform": "macOS",
        "version": "15.4",
        "installed_extensions": [
            {"bundle_id": "com.example.app.sso", "team_id": None},
            {"bundle_id": "com.example.user", "team_id": "EXAMPLE123"},
        ],
        "associated_domains": {
            "com.example.app.sso": {
                "login.example.com": "approved",
                "id.example.com": "not_approved",
            }
        },
        "apple_account_urls": ["https://appleid.apple.com/auth/authorize"],
    }
    second = document["installed"][0]
    assert second == {
        "identifier": "com.example.second",
        "display_name": "Second",
        "uuid": None,
        "source": {"file": "second.mobileconfig", "path": ""},
        "channel": "device",
        "kind": "profile",
        "signature": {"state": "unsigned", "signer": None, "problem": None},
        "user": None,
        "known": True,
        "conflicts": [],
        "payloads": [
            {
                "type": "Redirect",
                "extension": {"bundle_id": "com.example.app.sso", "team_id": "EXAMPLE123"},
                "source": {"file": "second.mobileconfig", "path": "PayloadContent[0]"},
                "channel": "device",
                "prefixes": [
                    {
                        "text": "https://two.example.com",
                        "source": {
                            "file": "second.mobileconfig",
                            "path": "PayloadContent[0].URLs[0]",
                        },
                    },
                    {
                        "text": "HTTPS://three.example.com",
                        "source": {
                            "file": "second.mobileconfig",
                            "path": "PayloadContent[0].URLs[1]",
                        },
                    },
                ],
                "hosts": None,
                "realm": None,
                "platform_sso": None,
                "denied_callers": ["com.example.a", "com.example.b"],
                "screen_locked_behavior": "DoNotHandle",
            }
        ],
    }
    credential = document["installed"][1]["payloads"][1]
    assert (credential["type"], credential["prefixes"], credential["realm"]) == (
        "Credential",
        None,
        "EXAMPLE.COM",
    )
    assert document["installed"][1]["payloads"][0]["platform_sso"] == "Password"
    assert [(item["code"], item["domain"]) for item in document["refused"]] == [
        (54005, "MCExtensibleSingleSignOnErrorDomain")
    ]
    assert document["replaced"][0]["old"] == document["replaced"][0]["new"]
    assert [(item["reason"], item["prefix"] and item["prefix"]["text"]) for item in
            document["inactive"]] == [
        ("prefix_scheme", "HTTPS://three.example.com"),
        ("prefix_domain_not_approved", "https://id.example.com/t/"),
        ("extension_not_installed", None),
    ]  # fmt: skip
    assert [[rule["text"] for rule in item["prefixes"]] for item in document["active"]] == [
        ["https://two.example.com"],
        ["https://login.example.com"],
    ]


@pytest.mark.usefixtures("corp")
def test_versions_that_do_not_know_a_thing() -> None:
    old = invoke("show", P, "--os", "macOS@11.0")
    assert "screen locked" not in old.stdout
    result = json.loads(invoke("show", P, "--os", "macOS@11.0", "--json").stdout)
    assert result["active"][0]["screen_locked_behavior"] is None
    older = invoke("show", P, "--os", "macOS@10.14")
    assert older.stdout == (
        "macOS 10.14\n"
        "\n"
        "installed, in this order\n"
        "  1. corp.mobileconfig (device channel)\n"
        "     corp\n"
        "     macOS 10.14 does not know such a profile\n"
        "\n"
        "active, in the order in which the device asks them\n"
        "  nothing\n"
    )


DOMAINS = """\
macOS 27.2 (the newest known)
  domains of com.example.app.sso: login.example.com approved, c.example.com:8443 not approved

associated domains that the Redirect prefixes need
  com.example.app.sso (EXAMPLE123)
    authsrv:login.example.com: approved, listed in domains.mobileconfig:
      PayloadContent[1].Configuration[0]
    authsrv:c.example.com:8443: not approved, listed in domains.mobileconfig:
      PayloadContent[1].Configuration[1]
    authsrv:d.example.com: unknown, not listed
"""


@pytest.fixture
def domains(corp: Path) -> list[str]:
    """Prefixes, approvals and lists that agree here and there, as options."""
    urls = [
        "https://Login.example.com/a",
        "https://login.example.com:443/b",
        "https://c.example.com:8443",
        "https://d.example.com",
        "https://*.example.com",
        "HTTPS://e.example.com",
    ]
    configuration = [
        (
            "EXAMPLE123.com.example.app",
            ["webcredentials:d.example.com", "authsrv:Login.example.com"],
        ),
        ("EXAMPLE123.com.example.app.sso", ["authsrv:c.example.com:8443"]),
        # a longer word is another app, and so is the extension of the extension
        ("EXAMPLE123.com.example.ap", ["authsrv:d.example.com"]),
        ("EXAMPLE123.com.example.app.sso.x", ["authsrv:d.example.com"]),
        ("EXAMPLE123", ["authsrv:d.example.com"]),
        ("EXAMPLE123.com.example.app", ["authsrv:*.example.com"]),
    ]
    write_profile(
        corp.with_stem("domains"),
        {**REDIRECT, "URLs": urls},
        {
            "PayloadType": "com.apple.associated-domains",
            "Configuration": [
                {"ApplicationIdentifier": app, "AssociatedDomains": entries}
                for app, entries in configuration
            ],
        },
    )
    Path("device.json").write_text(
        json.dumps(
            {
                "associated_domains": {
                    SSO: {"login.example.com": "approved", "c.example.com:8443": "not_approved"}
                }
            }
        )
    )
    return ["-pdomains.mobileconfig", "--device", "device.json", "--domains"]


def test_domains(domains: list[str]) -> None:
    assert invoke("show", *domains).stdout == DOMAINS


def test_domains_as_json(domains: list[str]) -> None:
    document = json.loads(invoke("show", "--json", *domains).stdout)
    assert list(document) == ["schema", "device", "domains"]
    first, _, third = document["domains"]
    assert first == {
        "extension": {"bundle_id": "com.example.app.sso", "team_id": "EXAMPLE123"},
        "entry": "authsrv:login.example.com",
        "prefixes": [
            {
                "text": "https://Login.example.com/a",
                "source": {"file": "domains.mobileconfig", "path": "PayloadContent[0].URLs[0]"},
            },
            {
                "text": "https://login.example.com:443/b",
                "source": {"file": "domains.mobileconfig", "path": "PayloadContent[0].URLs[1]"},
            },
        ],
        "listed": [{"file": "domains.mobileconfig", "path": "PayloadContent[1].Configuration[0]"}],
        "approval": "approved",
    }
    assert (third["entry"], third["listed"], third["approval"]) == (
        "authsrv:d.example.com",
        [],
        "unknown",
    )


def test_only_macos_reads_lists_of_domains(domains: list[str]) -> None:
    assert "not listed" in invoke("show", "--os", "iOS", *domains).stdout
    assert "listed in" not in invoke("show", "--os", "iOS", *domains).stdout


def test_no_domains_needed() -> None:
    profile = (
        b'{"Type": "com.apple.configuration.extensible-sso", "Identifier": "d", "Payload":'
        b' {"ExtensionComposedIdentifier": "x.y (T)", "Type": "Credential", "Hosts": ["h"]}}'
    )
    result = invoke("show", "-p", "-", "--domains", stdin=profile)
    assert result.stdout.endswith("associated domains that the Redirect prefixes need\n  none\n")
    held = invoke("show", "-p", "-", stdin=profile)
    assert "(device channel, declaration)" in held.stdout


def test_a_dump_without_profiles_is_no_error() -> None:
    dump = b"<plist><dict><key>_computerlevel</key><array/></dict></plist>"
    result = invoke("show", "-p", "-", stdin=dump)
    assert "installed, in this order\n  nothing\n" in result.stdout
    assert "info: the dump holds no profile [SSO030]" in result.stderr
    assert result.exit_code == 0


@pytest.mark.usefixtures("corp")
def test_a_version_that_is_newer_than_any_known_says_whose_facts_stand_for_it() -> None:
    said = "macOS 99.1 (newer than any known; the facts of 27.2 are used)"
    arguments = ("-p", "corp.mobileconfig", "--os", "macOS@99.1")
    assert invoke("show", *arguments).stdout.startswith(f"{said}\n")
    explained = invoke("explain", *arguments, "https://login.example.com/").stdout
    assert f"  on {said}, matching `system`\n" in explained


@pytest.mark.usefixtures("corp")
def test_a_profile_may_be_as_large_as_the_caller_says() -> None:
    size = Path("corp.mobileconfig").stat().st_size
    for command in ("show", "check"):
        refused = invoke(command, "corp.mobileconfig", "--max-bytes", str(size - 1))
        said = f"larger than {size - 1} bytes"
        assert said in refused.output
        assert "raise `max_bytes` (`--max-bytes`) if that is intended" in refused.output
        assert refused.exit_code == 3
        assert said not in invoke(command, "corp.mobileconfig", "--max-bytes", str(size)).output
