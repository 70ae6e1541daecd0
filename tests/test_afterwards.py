"""What the extension does after routing: every row of the table, and what must never change."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from build import router_of
from case_table import CASES, only
from cli_world import invoke, write_profile
from ssoroute.model.decision import Decision, Outcome
from ssoroute.routing.afterwards import Afterwards, Statement
from ssoroute.routing.router import Router

EXTENSIONS = {
    "mac": "com.microsoft.CompanyPortalMac.ssoextension",
    "ios": "com.microsoft.azureauthenticator.ssoextension",
    "kerberos": "com.apple.AppSSOKerberos.KerberosExtension",
    "other": "com.example.sso",
}
ROW_KEYS = {
    "name",
    "section",
    "authority",
    "extension",
    "platform",
    "version",
    "caller",
    "managed",
    "msal",
    "data",
    "expect",
}
EXPECT_KEYS = {"statement", "key", "entry", "is_default", "provided", "changes"}
SECRET = "S3CR3T-do-not-print"
URL = "https://login.example.com/"


def load_rows() -> list[dict[str, Any]]:
    text = (CASES / "afterwards" / "afterwards.toml").read_text(encoding="utf-8")
    rows: list[dict[str, Any]] = tomllib.loads(text)["rows"]
    for row in rows:
        only(row, ROW_KEYS, row["name"])
        only(row["expect"], EXPECT_KEYS, row["name"])
        assert row["authority"] in {"documented", "vendor", "reading"}
    assert len({row["name"] for row in rows}) == len(rows)
    return rows


ROWS = load_rows()


def payload_of(row: dict[str, Any]) -> dict[str, Any]:
    kind = (
        {"Type": "Credential", "Hosts": ["login.example.com"], "Realm": "EXAMPLE.COM"}
        if row["extension"] == "kerberos"
        else {"Type": "Redirect", "URLs": [URL]}
    )
    # beside the lists there is always a secret
    return {
        "ExtensionIdentifier": EXTENSIONS[row["extension"]],
        "TeamIdentifier": "EXAMPLE123",
        "ExtensionData": {"other": SECRET, SECRET: [SECRET], **row.get("data", {})},
        **kind,
    }


def router_for(row: dict[str, Any]) -> Router:
    world = {
        "platform": row.get("platform", "macOS"),
        "version": row.get("version", "15.4"),
        "profiles": [{"payloads": [payload_of(row)]}],
    }
    return router_of(world)


def code_of(row: dict[str, Any]) -> int:
    return 401 if row["extension"] == "kerberos" else 0


def said(row: dict[str, Any]) -> tuple[Decision, Afterwards]:
    explanation = router_for(row).explain(URL, row.get("caller"), code_of(row))
    found = explanation.afterwards(managed=row.get("managed"), msal=row.get("msal"))
    assert found is not None
    return explanation.decision, found


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["name"])
def test_a_row(row: dict[str, Any]) -> None:
    decision, found = said(row)
    assert decision.outcome is Outcome.HANDLE
    assert {
        "statement": found.statement.value,
        "key": found.key,
        "entry": found.entry,
        "is_default": found.is_default,
        "provided": list(found.provided),
        "changes": list(found.changes),
    } == {
        "key": None,
        "entry": None,
        "is_default": False,
        "provided": [],
        "changes": [],
        **row["expect"],
    }


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["name"])
def test_the_authority_of_a_row(row: dict[str, Any]) -> None:
    _, found = said(row)
    if found.statement is Statement.UNKNOWN:
        assert found.authority is None
    elif row["authority"] == "reading":
        assert found.readings or row["name"] in (
            "empty items do not count",
            "a list of the wrong type that is not reached",
        )
    else:
        assert found.authority == row["authority"]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["name"])
def test_the_decision_is_the_same_without_the_lists(row: dict[str, Any]) -> None:
    decision, _ = said(row)
    plain = router_for({**row, "data": {}}).route(URL, row.get("caller"), code_of(row))
    assert decision == plain


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["name"])
def test_nothing_but_lists_is_shown(
    row: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_profile(Path("p.mobileconfig"), payload_of(row))
    platform = f"{row.get('platform', 'macOS')}@{row.get('version', '15.4')}"
    asked = ["-pp.mobileconfig", f"--os={platform}", f"--code={code_of(row)}", URL]
    asked += [f"--caller={row['caller']}"] if "caller" in row else []
    for command in (["explain"], ["explain", "--json"], ["route"], ["route", "--json"]):
        result = invoke(*command, *asked)
        assert result.exit_code == 0
        assert SECRET not in result.output
    assert SECRET not in repr(said(row))


def test_a_request_that_no_extension_gets_has_no_statement() -> None:
    row = {"extension": "mac", "caller": "com.example.app"}
    router = router_for(row)
    assert router.explain("https://www.example.org/").afterwards() is None
    assert router.explain(URL, screen_locked=True).afterwards() is None
    assert router.explain(URL).to_json()["afterwards"] is not None
    assert router.explain(URL, screen_locked=True).to_json()["afterwards"] is None


def test_the_systems_own_extension_has_no_statement() -> None:
    router = Router.from_profiles([])
    explanation = router.explain("https://appleid.apple.com/auth/authorize")
    assert explanation.decision.reason == "system_extension"
    assert explanation.afterwards() is None


def test_the_data_that_the_channels_merged_is_read() -> None:
    method = {"PlatformSSO": {"AuthenticationMethod": "Password"}}
    payload = {**payload_of({"extension": "mac"}), "ExtensionData": {}, **method}
    data = {"ExtensionData": {"AppAllowList": "com.example.app"}}
    user = {**payload_of({"extension": "mac"}), "URLs": ["https://x.example/"], **data}
    world = {
        "platform": "macOS",
        "version": "15.4",
        "profiles": [{"payloads": [payload]}, {"channel": "user", "payloads": [user]}],
    }
    found = router_of(world).explain(URL, "com.example.app").afterwards()
    assert found is not None
    assert (found.statement, found.key) == (Statement.TAKES, "AppAllowList")


# The command line


@pytest.fixture
def _blocked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    data = {"AppBlockList": "com.example.app", "Enable_SSO_On_All_ManagedApps": 1}
    write_profile(Path("p.mobileconfig"), payload_of({"extension": "mac", "data": data}))


@pytest.mark.usefixtures("_blocked")
def test_explain_has_a_section() -> None:
    result = invoke("explain", "-pp.mobileconfig", "--caller=com.example.app", URL)
    assert (
        "\nafter routing\n"
        "  extension_declines: com.example.app is listed in AppBlockList [vendor]\n"
        "    provided the caller does not use Microsoft's library (MSAL)\n"
        "    identifiers are compared with regard to case [reading]\n"
        "    AppBlockList wins over the other lists for every caller [reading]\n"
    ) in result.stdout
    assert (
        "  in ExtensionData, without `com.example.app` in AppBlockList,"
        " and with it in AppAllowList\n"
        "    extension_takes [vendor]\n"
    ) in result.stdout


@pytest.mark.usefixtures("_blocked")
def test_explain_says_what_is_unknown() -> None:
    result = invoke("explain", "-pp.mobileconfig", URL)
    text = "\nafter routing\n  unknown: the lists name callers, and the caller is not known\n"
    assert text in result.stdout


@pytest.mark.usefixtures("_blocked")
@pytest.mark.parametrize(
    ("option", "statement"),
    [
        ([], "unknown"),
        (["--managed"], "extension_takes"),
        (["--unmanaged"], "extension_declines"),
    ],
)
def test_a_managed_app(option: list[str], statement: str) -> None:
    asked = ["explain", "-pp.mobileconfig", *option, "--json", URL]
    found = json.loads(invoke(*asked, "--caller=com.example.other").stdout)
    assert list(found["afterwards"]) == [
        "statement",
        "text",
        "authority",
        "key",
        "entry",
        "is_default",
        "provided",
        "readings",
        "changes",
    ]
    assert found["afterwards"]["statement"] == statement
    by_client = json.loads(invoke(*asked, "--client=webview", "--app=com.example.other").stdout)
    assert by_client["handovers"][0]["explanation"]["afterwards"] == found["afterwards"]


@pytest.mark.usefixtures("_blocked")
def test_a_client_that_uses_msal_is_not_declined() -> None:
    microsoft = payload_of({"extension": "mac", "data": {"AppBlockList": "com.example.app"}})
    urls = ["https://login.microsoftonline.com"]
    write_profile(Path("m.mobileconfig"), microsoft | {"URLs": urls})
    asked = ["explain", "-pm.mobileconfig", "--client=msal", "--app=com.example.app", "--json", URL]
    _, request = json.loads(invoke(*asked).stdout)["handovers"]
    assert request["explanation"]["afterwards"]["statement"] == "extension_takes"


@pytest.mark.usefixtures("_blocked")
def test_route_has_a_note() -> None:
    rule = "url_prefix https://login.example.com/"
    for caller, note in (
        ("com.example.app", " (extension_declines by AppBlockList; see explain)"),
        ("com.apple.mail", " (extension_takes by AppPrefixAllowList)"),
        ("com.example.other", ""),
    ):
        result = invoke("route", "-pp.mobileconfig", f"--caller={caller}", URL)
        assert result.stdout == f"handle  {EXTENSIONS['mac']}  {rule}{note}  {URL}\n"
