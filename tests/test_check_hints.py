"""A hint never takes a request away that the vendor of an extension documents."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from check_world import credential, findings, profile, redirect
from ssoroute.loaders import load
from ssoroute.model.finding import Finding
from ssoroute.routing.router import Router

#: Extension and team -> the URLs that its vendor documents, for a made-up customer.
DOCUMENTED: Final[dict[tuple[str, str], tuple[str, ...]]] = {
    ("com.microsoft.CompanyPortalMac.ssoextension", "UBF8T346G9"): (
        "https://login.microsoftonline.com",
        "https://login.microsoft.com",
        "https://sts.windows.net",
        "https://login.microsoftonline.us",
    ),
    ("com.okta.mobile.auth-service-extension", "B7F62B65BN"): (
        "https://acme.okta.com/device-access/api/v1/nonce",
        "https://acme.okta.com/oauth2/v1/token",
    ),
    ("com.fleetdm.fleet-desktop.pssoextension", "8VBZ3948LU"): ("https://fleet.example.com",),
    # An extension without vendor documents: an endpoint, and a whole host.
    ("com.example.app.sso", "EXAMPLE123"): (
        "https://id.example.com/oauth2/token",
        "https://login.example.com/",
    ),
}
#: What a user makes of a documented URL.
SPELLINGS: Final[dict[str, Callable[[str], str]]] = {
    "as documented": lambda url: url,
    "port": lambda url: re.sub(r"^(https://[^/]+)", r"\1:443", url),
    "capitals": lambda url: url.replace("https", "HTTPS"),
    "dots": lambda url: url if url.count("/") == 2 else re.sub(r"(?<=[^:/])/", "/./", url, count=1),
    "white space": lambda url: f" {url}",
}
#: Hints that say exactly what to do; all others need a decision.
_WRITE: Final = re.compile(
    r"(?:write|end it with `/` as browsers do:) `([^`]*)`(?:; a request .*)?"
)
_WRITE_BOTH: Final = re.compile(r"write `([^`]*)`, and `([^`]*)` for that host itself")
_ENTRIES: Final = re.compile(r"write \d+ entries: (.*)")
_ADD: Final = re.compile(r"add ((?:`https?://[^`]*`(?:, )?)+)")


def applied(entries: list[str], key: str, found: list[Finding]) -> list[str]:
    """`entries` of the array `key` with every mechanical hint carried out."""
    new: dict[int, list[str]] = {index: [entry] for index, entry in enumerate(entries)}
    added: list[str] = []
    for finding in found:
        place = re.fullmatch(rf"PayloadContent\[0\]\.{key}\[(\d+)\]", finding.source.path)
        if place is None:
            continue
        index = int(place[1])
        if several := _ENTRIES.fullmatch(finding.hint):
            new[index] = re.findall(r"`([^`]*)`", several[1])
        elif both := _WRITE_BOTH.fullmatch(finding.hint):
            new[index] = list(both.groups())
        elif write := _WRITE.fullmatch(finding.hint):
            new[index] = [write[1]]
        elif finding.hint == "delete it":
            new[index] = []
        elif add := _ADD.fullmatch(finding.hint):
            added += re.findall(r"`([^`]*)`", add[1])
    return [entry for entries in new.values() for entry in entries] + added


def payload_of(extension: tuple[str, str], urls: list[str]) -> dict[str, Any]:
    return redirect(URLs=urls, ExtensionIdentifier=extension[0], TeamIdentifier=extension[1])


@given(
    st.sampled_from(sorted(DOCUMENTED)),
    st.lists(st.sampled_from(sorted(SPELLINGS)), min_size=4, max_size=4),
    st.booleans(),
)
def test_documented_requests_keep_their_extension(
    extension: tuple[str, str], spellings: list[str], joined: bool
) -> None:
    documented = DOCUMENTED[extension]
    written = [SPELLINGS[name](url) for name, url in zip(spellings, documented, strict=False)]
    urls = [",".join(written)] if joined else written
    for _ in range(4):  # a repaired entry can have another fault
        found = findings(profile(payload_of(extension, urls)))
        repaired = applied(urls, "URLs", found)
        if repaired == urls:
            break
        urls = repaired
    router = Router.from_profiles(load(profile(payload_of(extension, urls))))
    assert not router.refused
    for url in documented:
        is_host = url.count("/") == 2
        requests = [url + "/", url + "/common/oauth2"] if is_host else [url, url + "?x=1"]
        for request in requests:
            decision = router.route(request)
            assert decision.extension, (request, urls)
            assert decision.extension.bundle_id == extension[0]


def test_the_hint_at_a_slash_names_a_request_that_it_drops() -> None:
    urls = ["https://login.example.com"]
    (finding,) = (f for f in findings(profile(redirect(URLs=urls))) if f.code == "SSO202")
    lost = re.search(r"such as `([^`]*)`, then no longer matches", finding.hint)
    assert lost
    assert lost[1] == "https://login.example.com?x"
    before, after = (
        Router.from_profiles(load(profile(redirect(URLs=list(entries)))))
        for entries in (urls, applied(urls, "URLs", [finding]))
    )
    assert before.route(lost[1]).outcome == "handle"
    assert after.route(lost[1]).outcome == "do_not_handle"
    for kept in ("https://login.example.com/", "https://login.example.com/?x"):
        assert after.route(kept).outcome == "handle"


@pytest.mark.parametrize(
    ("hosts", "wanted"),
    [
        (["https://dc.example.com:443/"], "dc.example.com"),
        (["*.example.com"], "dc.example.com"),
        (["*.example.com"], "example.com"),
        ([".example.com", "dc.example.com"], "dc.example.com"),
        (["dc.example.com, a.example"], "a.example"),
        (["example.com."], "example.com"),
    ],
)
def test_hosts_keep_their_requests(hosts: list[str], wanted: str) -> None:
    found = findings(profile(credential(*hosts)))
    repaired = applied(hosts, "Hosts", found)
    router = Router.from_profiles(load(profile(credential(*repaired))))
    assert router.route(f"https://{wanted}/", response_code=401).outcome == "handle"


VENDORS: Final = [extension for extension in DOCUMENTED if extension[1] != "EXAMPLE123"]


@pytest.mark.parametrize("extension", VENDORS)
def test_a_documented_spelling_gets_no_advice_to_change_it(extension: tuple[str, str]) -> None:
    urls = list(DOCUMENTED[extension])
    for finding in findings(profile(payload_of(extension, urls))):
        if ".URLs[" in finding.source.path:
            assert finding.hint == "keep it as the vendor documents it"
