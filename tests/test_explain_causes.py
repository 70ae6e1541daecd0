"""Why an answer is not the expected one, and what about the device would change it: a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from build import router_of
from ssoroute.routing.explanation import Explanation
from ssoroute.routing.steps import Verdict

SSO = "com.example.sso"
URL = "https://login.example.com/"


def redirect(*urls: str, name: str = SSO, **keys: object) -> dict[str, Any]:
    team = {"TeamIdentifier": "EXAMPLE123"}
    return {"Type": "Redirect", "ExtensionIdentifier": name, "URLs": list(urls), **team, **keys}


CREDENTIAL = {
    "Type": "Credential",
    "ExtensionIdentifier": SSO,
    "TeamIdentifier": "EXAMPLE123",
    "Hosts": ["login.example.com"],
    "Realm": "EXAMPLE.COM",
}


def explained(
    payload: Mapping[str, Any], url: str, world: Mapping[str, Any], **request: Any
) -> Explanation:
    profile = {"payloads": [payload]}
    device = {"platform": "macOS", "version": "15.4", "profiles": [profile]}
    return router_of({**device, **world}).explain(url, **request)


USER = {
    "profiles": [
        {"payloads": [redirect(URL)]},
        {"channel": "user", "payloads": [redirect("https://other.example.com/", name="com.other")]},
    ]
}
MERGED = {
    "profiles": [
        {
            "payloads": [
                redirect(
                    "https://psso.example.com/", PlatformSSO={"AuthenticationMethod": "Password"}
                )
            ]
        },
        {"channel": "user", "payloads": [redirect(URL)]},
    ]
}
DECLARED = {"profiles": [{"kind": "declaration", "payloads": [redirect(URL)]}]}

# Rows: what the row shows, payload, URL, world, request, causes, changes of the device.
ROWS: list[tuple[str, Mapping[str, Any], str, dict[str, Any], dict[str, Any], list[str], list[str]]]
ROWS = [
    (
        "nothing is known: the approvals and the extension decide",
        redirect(URL),
        URL,
        {},
        {},
        [],
        [
            f"if no domain of {SSO} (EXAMPLE123) is approved: domain_not_approved",
            f"if {SSO} (EXAMPLE123) is not installed: no_match",
        ],
    ),
    (
        "an approved domain and an installed extension leave nothing open",
        redirect(URL),
        URL,
        {
            "associated_domains": {SSO: {"login.example.com": "approved"}},
            "installed_extensions": [SSO],
        },
        {},
        [],
        [],
    ),
    (
        "no domain is approved",
        redirect(URL),
        URL,
        {"associated_domains": {SSO: {"login.example.com": "not_approved"}}},
        {},
        [],
        [f"if authsrv:login.example.com is approved for {SSO} (EXAMPLE123): url_prefix"],
    ),
    (
        "another domain is approved",
        redirect(URL, "https://fs.example.com/"),
        URL,
        {
            "associated_domains": {
                SSO: {"login.example.com": "not_approved", "fs.example.com": "approved"}
            }
        },
        {},
        [
            (
                f"{URL} of {SSO} (EXAMPLE123) would match, but is inactive: its host is not"
                " approved for the extension, while another one is"
            )
        ],
        [f"if authsrv:login.example.com is approved for {SSO} (EXAMPLE123): url_prefix"],
    ),
    (
        "the extension is not installed",
        redirect(URL),
        URL,
        {"installed_extensions": ["com.other"]},
        {},
        [
            (
                f"a rule of {SSO} (EXAMPLE123) would match, but is inactive: its extension is not"
                " installed"
            )
        ],
        [f"if {SSO} (EXAMPLE123) is installed: url_prefix"],
    ),
    (
        "the extension is not installed, after a challenge",
        CREDENTIAL,
        URL,
        {"installed_extensions": []},
        {"response_code": 401},
        [
            (
                f"a rule of {SSO} (EXAMPLE123) would match, but is inactive: its extension is not"
                " installed"
            )
        ],
        [f"if {SSO} (EXAMPLE123) is installed: host"],
    ),
    (
        "the user channel replaces the device channel",
        redirect(URL),
        URL,
        USER,
        {},
        [
            (
                f"a rule of {SSO} (EXAMPLE123) would match, but is inactive: the user channel has"
                " payloads, which replace those of the device channel"
            )
        ],
        ["without the profiles of the user channel: url_prefix"],
    ),
    (
        "the device channel's Platform SSO payload replaces that of the user",
        redirect(URL),
        URL,
        MERGED,
        {},
        [
            (
                f"a rule of {SSO} (EXAMPLE123) would match, but is inactive: the device channel's"
                " Platform SSO payload of the same extension takes its place"
            )
        ],
        ["without the profiles of the device channel: url_prefix"],
    ),
    (
        "the version is too old",
        redirect(URL),
        URL,
        {"platform": "iOS", "version": "12.4"},
        {},
        ["on iOS 12.4 the profiles have no effect: the payload needs iOS 13.0"],
        ["on iOS 27.0: url_prefix"],
    ),
    (
        "the version is too old for a declaration",
        redirect(URL),
        URL,
        DECLARED,
        {},
        ["on macOS 15.4 the profiles have no effect: a declaration needs macOS 27.0"],
        ["on macOS 27.2: url_prefix"],
    ),
    (
        "credentials before the host",
        redirect(URL),
        "https://user:secret@login.example.com/",
        {},
        {},
        ["the URL holds credentials before the host; without them a rule would match"],
        [],
    ),
    (
        "credentials that do not matter",
        redirect(URL),
        "https://user@other.example.com/",
        {},
        {},
        [],
        [],
    ),
    (
        "a URL that is not ASCII",
        redirect(URL),
        "https://login.example.com/\u00e9",
        {},
        {},
        ["the URL is not ASCII; a browser would rewrite it, and an app as well"],
        [],
    ),
    (
        "a caller that differs from a denied one by case",
        redirect(URL, DeniedBundleIdentifiers=["com.example.App"]),
        URL,
        {"associated_domains": {SSO: {"login.example.com": "approved"}}},
        {"caller": "com.example.app"},
        ["`com.example.App` is denied and the caller is not: case counts there"],
        [f"if {SSO} (EXAMPLE123) is not installed: no_match"],
    ),
    (
        "a denied caller needs no hint",
        redirect(URL, DeniedBundleIdentifiers=["com.example.App"]),
        URL,
        {},
        {"caller": "com.example.App"},
        [],
        [],
    ),
    (
        "ssoid does not ask for approvals",
        redirect(URL),
        f"ssoid://{SSO}",
        {},
        {},
        [],
        [f"if {SSO} (EXAMPLE123) is not installed: no_match"],
    ),
    ("a realm may be a number, which would change", CREDENTIAL, "realm://0", {}, {}, [], []),
    (
        "the inactive prefix of a page of the system",
        redirect("https://appleid.apple.com/", name="com.example.gone"),
        "https://appleid.apple.com/auth/authorize",
        {
            "installed_extensions": [],
            "apple_account_urls": ["https://appleid.apple.com/auth/authorize"],
        },
        {},
        [],
        [],
    ),
]


@pytest.mark.parametrize(
    ("what", "payload", "url", "world", "request_", "causes", "changes"),
    ROWS,
    ids=[row[0] for row in ROWS],
)
def test_causes_and_changes_of_the_device(
    what: str,
    payload: Mapping[str, Any],
    url: str,
    world: dict[str, Any],
    request_: dict[str, Any],
    causes: list[str],
    changes: list[str],
) -> None:
    found = explained(payload, url, world, **request_)
    assert [cause.text for cause in found.causes] == causes, what
    assert [
        f"{change.text}: {change.decision.reason}"
        for change in found.changes
        if change.text.startswith(("if ", "without the", "on "))
    ] == changes, what
    assert "secret" not in "".join(cause.text for cause in found.causes)


def test_without_its_extension_the_next_one_gets_the_request() -> None:
    payloads = [redirect(URL), redirect(URL + "a"), redirect(URL + "b", name="com.other")]
    world = {"profiles": [{"payloads": payloads}]}
    found = explained({}, URL + "b", world)
    change = next(c for c in found.changes if c.text.endswith("is not installed"))
    assert change.decision.extension is not None
    assert change.decision.extension.bundle_id == "com.other"
    steps = [step.text for step in found.steps if step.verdict is Verdict.NOT_REACHED]
    assert steps == [
        "an earlier one was selected",
        f"an earlier one was selected; {URL}b would also match",
    ]


@pytest.mark.parametrize(
    ("prefix", "url", "common"),
    [
        ("https://login.example.com/", "https://login.other.example/", "https://login."),
        ("https://login.example.com/", "https://lo.example.com/", None),
        ("https://login.example.com/", "http://login.example.com/", None),
        ("https://intranet/a", "https://intranet/b", "https://intranet/"),
        ("https://intranet/", "https://intranet", "https://intranet"),
        ("https://intranet/", "https:", None),
    ],
)
def test_a_nearest_miss_shares_a_label_of_the_host(
    prefix: str, url: str, common: str | None
) -> None:
    (step,) = explained(redirect(prefix), url, {}).steps
    assert (step.nearest and step.nearest.common) == common
