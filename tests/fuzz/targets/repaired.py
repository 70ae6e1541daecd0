"""Invariant: repairs end their findings, keep each route, and leave nothing to repair; conversion
gives a file that loads, or says why not.
"""

from __future__ import annotations

from collections.abc import Iterator

from check_world import named
from loading_samples import JSON, REDIRECT, profile, xml
from ssoroute.checks.repairs import repair_all
from ssoroute.conversion import ConversionError, to_declaration, to_profile
from ssoroute.loaders import load
from ssoroute.model.finding import LoadError
from ssoroute.model.profile import Profile, ProfileKind
from ssoroute.routing.router import Router

LONGEST = 3000
URLS = ("https://login.example.com/", "https://login.example.com/a", "https://h.example/")


def seeds() -> Iterator[bytes]:
    broken = {"Type": "redirect", "Urls": [" HTTPS://login.example.com/ ", "https://h.example/"]}
    yield xml(profile(REDIRECT | broken))
    comment = b"<!-- ssoroute: ignore SSO112 x -->"
    yield xml(profile(REDIRECT | broken)).replace(b"<string> ", comment + b"<string> ")
    yield xml(profile({**REDIRECT, "Type": "Credential", "Hosts": ["https://h.example/"]}))
    yield JSON.replace(b"Redirect", b"redirect")


def check(data: bytes) -> None:
    name = "a.mobileconfig"
    try:
        profiles = load(named(data, name))
    except LoadError:
        return
    done = repair_all(profiles, {name: data})
    after = done.files.get(name, data)
    repaired = load(named(after, name))
    assert not repair_all(repaired, {name: after}).repairs, data
    old, new = Router.from_profiles(profiles), Router.from_profiles(repaired)
    for url in URLS:
        before, now = old.route(url), new.route(url)
        assert before.rule is None or (now.rule and now.rule.text == before.rule.text), data
    for one in profiles:
        _converts(one)


def _converts(one: Profile) -> None:
    try:
        converted = to_profile(one) if one.kind is ProfileKind.DECLARATION else to_declaration(one)
    except ConversionError as error:
        assert str(error).isprintable()
        return
    assert all(str(item).isprintable() for item in converted.left_out)
    load(converted.to_bytes())
