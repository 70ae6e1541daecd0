"""What is kept beside the answer: notes, reasons of what is inactive, tokens, witnesses.

The outcome of a request does not depend on any of it, so no comparison of outcomes would miss it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from build import device_of, profiles_of, router_of
from ssoroute.install.activation import InactiveReason
from ssoroute.install.installation import install_all
from ssoroute.install.refusal import Problem, RefusalCode
from ssoroute.model.authority import Authority
from ssoroute.model.request import Request
from ssoroute.routing.router import Router

A, B = "com.example.a", "com.example.b"
TEAM = "EXAMPLE123"
Payload = dict[str, Any]


def redirect(*urls: str, extension: str = A, **keys: object) -> Payload:
    names = {"Type": "Redirect", "ExtensionIdentifier": extension, "TeamIdentifier": TEAM}
    return names | {"URLs": list(urls)} | keys


def credential(*hosts: str, extension: str = A, **keys: object) -> Payload:
    names = {"Type": "Credential", "ExtensionIdentifier": extension, "TeamIdentifier": TEAM}
    return names | {"Hosts": list(hosts)} | keys


def profile(*payloads: Payload, **keys: object) -> dict[str, Any]:
    return {"payloads": list(payloads)} | keys


def world(*profiles: dict[str, Any], **keys: object) -> dict[str, Any]:
    return {"platform": "macOS", "version": "15.4", "profiles": list(profiles)} | keys


def made(*profiles: dict[str, Any], **keys: object) -> Router:
    return router_of(world(*profiles, **keys))


def notes(router: Router, url: str, *arguments: Any) -> list[tuple[str, str]]:
    """The codes and the authorities, the same from the router and from the explanation."""
    decision = router.route(url, *arguments)
    assert router.explain(url, *arguments).decision.notes == decision.notes
    return [(note.code, note.authority.value) for note in decision.notes]


# --- notes ---------------------------------------------------------------------------------------

WILDCARD = ("wildcard", "observed")
UNKNOWN = ("domain_unknown", "documented")
ASSUMED = ("screen_locked_assumed", "reading")
ORDER = ("order_dependent", "reading")
APPROVED = {A: {"h.example": "approved"}}


@pytest.mark.parametrize(
    ("version", "domains", "url", "expected"),
    [
        ("15.4", APPROVED, "https://h.example/t/1/x", [WILDCARD]),
        ("15", APPROVED, "https://h.example/t/1/x", [WILDCARD]),
        ("15.4", {}, "https://h.example/t/1/x", [WILDCARD, UNKNOWN]),
        ("15.4", APPROVED, "https://h.example/plain", []),
        ("15.4", {}, "https://h.example/plain", [UNKNOWN]),
        # before macOS 15 a `*` is a character like any other, which needs no note
        ("14.6", APPROVED, "https://h.example/t/*/x", []),
        ("14.6", {}, "https://h.example/t/*/x", [UNKNOWN]),
    ],
)
def test_a_wildcard_is_noted_where_the_device_reads_it(
    version: str, domains: dict[str, Any], url: str, expected: list[tuple[str, str]]
) -> None:
    payload = redirect("https://h.example/t/*/x", "https://h.example/plain")
    router = made(profile(payload), version=version, associated_domains=domains)
    assert notes(router, url) == expected


def test_what_is_not_handled_keeps_its_notes() -> None:
    payload = redirect("https://h.example/*/x", DeniedBundleIdentifiers=["com.example.denied"])
    router = made(profile(payload))
    denied = router.route("https://h.example/1/x", "com.example.denied")
    assert denied.reason.value == "caller_denied"
    assert notes(router, "https://h.example/1/x", "com.example.denied") == [WILDCARD, UNKNOWN]
    strict = made(profile(payload), matching="strict")
    assert strict.route("https://h.example/1/x").reason.value == "not_strict"
    assert notes(strict, "https://h.example/1/x") == [WILDCARD, UNKNOWN]


def test_a_host_and_a_named_extension_rest_on_nothing() -> None:
    router = made(profile(redirect("https://h.example/*"), credential("h.example", extension=B)))
    assert notes(router, "https://h.example/", None, 401) == []
    assert notes(router, f"ssoid://{A}") == []


def test_the_associated_host_is_named_in_the_note() -> None:
    router = made(profile(redirect("https://h.example:8443/")))
    (note,) = router.route("https://h.example:8443/x").notes
    assert note.text == "provided authsrv:h.example:8443 validates"


def test_every_unknown_host_is_named_where_another_one_is_refused() -> None:
    payload = redirect("https://a.example/", "https://b.example/", "https://c.example/")
    domains = {A: {"a.example": "not_approved"}}
    router = made(profile(payload), associated_domains=domains)
    (note,) = router.route("https://a.example/").notes
    assert note.text == "provided authsrv:b.example or authsrv:c.example validates"
    assert note.authority is Authority.DOCUMENTED


@pytest.mark.parametrize(
    ("platform", "version", "expected"),
    [
        ("macOS", "11.7", [ASSUMED]),
        ("macOS", "12", []),
        ("iOS", "14.8", [ASSUMED]),
        ("iOS", "15", []),
    ],
)
def test_a_locked_screen_is_assumed_before_the_key_is_known(
    platform: str, version: str, expected: list[tuple[str, str]]
) -> None:
    where = {"platform": platform, "version": version, "associated_domains": APPROVED}
    router = made(profile(redirect("https://h.example/")), **where)
    locked = router.route("https://h.example/", None, 0, True)
    assert (locked.outcome.value, locked.reason.value) == ("cancel", "screen_locked")
    assert notes(router, "https://h.example/", None, 0, True) == expected
    assert notes(router, "https://h.example/", None, 0, False) == []


def test_the_order_is_noted_only_between_a_declaration_and_a_profile() -> None:
    def two(kind: str) -> Router:
        return made(
            profile(redirect("https://h.example/a", "https://h.example/only")),
            profile(redirect("https://h.example/", extension=B), kind=kind),
            version="27.0",
            associated_domains={name: {"h.example": "approved"} for name in (A, B)},
        )

    assert notes(two("declaration"), "https://h.example/a") == [ORDER]
    assert notes(two("declaration"), "https://h.example/z") == []
    assert notes(two("profile"), "https://h.example/a") == []


def test_the_order_of_the_kinds_counts_for_hosts_and_not_for_names() -> None:
    router = made(
        profile(credential("h.example", "only.example")),
        profile(credential(".example", extension=B), kind="declaration"),
        version="27.0",
    )
    assert notes(router, "https://h.example/", None, 401) == [ORDER]
    assert notes(router, "host://h.example") == [ORDER]
    assert notes(router, "https://z.example/", None, 401) == []
    assert notes(router, f"ssoid://{A}") == []
    assert notes(router, "realm://0") == []


def test_the_note_about_the_order_stands_behind_the_others() -> None:
    router = made(
        profile(redirect("https://h.example/*")),
        profile(redirect("https://h.example/", extension=B), kind="declaration"),
        version="27.0",
    )
    assert notes(router, "https://h.example/a") == [WILDCARD, UNKNOWN, ORDER]


def test_the_notes_have_one_heading() -> None:
    router = made(profile(redirect("https://h.example/*")))
    lines = str(router.explain("https://h.example/a")).splitlines()
    assert notes(router, "https://h.example/a") == [WILDCARD, UNKNOWN]
    assert [line for line in lines if "notes" in line.lower()] == ["notes"]


def test_the_note_about_the_screen_stands_behind_the_others() -> None:
    router = made(profile(redirect("https://h.example/")), version="11.7")
    assert notes(router, "https://h.example/", None, 0, True) == [UNKNOWN, ASSUMED]


# --- what is inactive ----------------------------------------------------------------------------

PSSO = {"AuthenticationMethod": "Password"}
SHARED = {"AuthenticationMethod": "Password", "UseSharedDeviceKeys": True}


def inactive(router: Router) -> list[tuple[str, str | None, str]]:
    return [
        (item.payload.source.file, item.prefix.text if item.prefix else None, item.reason.value)
        for item in router.activation.inactive
    ]


INACTIVE: dict[str, tuple[dict[str, Any], list[tuple[str, str | None, str]]]] = {
    "all are active": (
        world(profile(redirect("https://h.example/")), profile(credential("h.example"))),
        [],
    ),
    "no user channel before macOS 11": (
        world(
            profile(redirect("https://a.example/")),
            profile(redirect("https://b.example/"), channel="user"),
            version="10.15",
        ),
        [("1", None, "user_channel_unsupported")],
    ),
    "the user channel replaces that of the device": (
        world(
            profile(redirect("https://a.example/")),
            profile(redirect("https://b.example/"), channel="user"),
        ),
        [("0", None, "replaced_by_user_channel")],
    ),
    "shared device keys in the user channel": (
        world(
            profile(redirect("https://a.example/")),
            profile(redirect("https://b.example/", PlatformSSO=SHARED), channel="user"),
        ),
        [("1", None, "shared_device_keys_in_user_channel")],
    ),
    "Platform SSO without shared keys may be in the user channel": (
        world(profile(redirect("https://b.example/", PlatformSSO=PSSO), channel="user")),
        [],
    ),
    "Platform SSO stands for the user's payload of its extension": (
        world(
            profile(redirect("https://a.example/", PlatformSSO=PSSO)),
            profile(redirect("https://x.example/", extension=B), channel="user"),
            profile(redirect("https://y.example/"), channel="user"),
            profile(credential("z.example"), channel="user"),
        ),
        [("2", None, "merged_into_platform_sso")],
    ),
    "the extension is not installed": (
        world(profile(redirect("https://a.example/")), installed_extensions=[B]),
        [("0", None, "extension_not_installed")],
    ),
    "its team is another": (
        world(
            profile(redirect("https://a.example/")),
            installed_extensions=[{"bundle_id": A, "team_id": "OTHER12345"}],
        ),
        [("0", None, "team_differs")],
    ),
    "teams do not count on iOS": (
        world(
            profile(redirect("https://a.example/")),
            platform="iOS",
            version="18.0",
            installed_extensions=[{"bundle_id": A, "team_id": "OTHER12345"}],
        ),
        [],
    ),
    "prefixes that the system removes": (
        world(
            profile(redirect("HTTPS://a.example/", "https://*.example/", "https://b.example/")),
        ),
        [
            ("0", "HTTPS://a.example/", "prefix_scheme"),
            ("0", "https://*.example/", "prefix_host_wildcard"),
        ],
    ),
    "a wildcard in the host of http": (
        world(profile(redirect("http://*.example/", "http://b.example/"))),
        [("0", "http://*.example/", "prefix_host_wildcard")],
    ),
    "none is left": (
        world(profile(redirect("HTTP://a.example/"))),
        [("0", "HTTP://a.example/", "prefix_scheme"), ("0", None, "no_prefix_left")],
    ),
    "one domain is approved, another one is not": (
        world(
            profile(redirect("https://a.example/", "https://b.example/", "https://c.example/")),
            associated_domains={A: {"a.example": "approved", "b.example": "not_approved"}},
        ),
        [("0", "https://b.example/", "prefix_domain_not_approved")],
    ),
    "none is approved": (
        world(
            profile(redirect("https://a.example/")),
            associated_domains={A: {"a.example": "not_approved"}},
        ),
        [],
    ),
}


@pytest.mark.parametrize("name", INACTIVE)
def test_the_reason_of_what_is_inactive_is_kept(name: str) -> None:
    given, expected = INACTIVE[name]
    router = router_of(given)
    assert not router.refused
    assert inactive(router) == expected


def test_every_reason_occurs_above() -> None:
    seen = {reason for _, rows in INACTIVE.values() for _, _, reason in rows}
    assert seen == {reason.value for reason in InactiveReason}


def test_two_reasons_are_documented_and_all_have_words() -> None:
    known: dict[InactiveReason, Authority] = {}
    for given, _ in INACTIVE.values():
        for item in router_of(given).activation.inactive:
            known[item.reason] = item.authority
            assert " " in str(item)
    documented = {reason for reason, mark in known.items() if mark is Authority.DOCUMENTED}
    assert documented == {InactiveReason.USER_CHANNEL_UNSUPPORTED, InactiveReason.TEAM_DIFFERS}
    assert set(known.values()) == {Authority.DOCUMENTED, Authority.OBSERVED}


def test_the_order_of_the_active_payloads_with_platform_sso() -> None:
    """Platform SSO comes last, with the user's data and token for its extension."""
    ours = redirect(
        "https://a.example/",
        PlatformSSO=PSSO,
        ExtensionData={"of": "device"},
        RegistrationToken="d",
    )
    user = redirect("https://y.example/", ExtensionData={"of": "user"}, RegistrationToken="u")
    router = made(
        profile(ours),
        profile(user, channel="user"),
        profile(redirect("https://x.example/", extension=B), channel="user"),
    )
    active = router.activation.active
    assert [(item.extension.bundle_id, item.channel.value) for item in active] == [
        (B, "user"),
        (A, "device"),
    ]
    assert active[-1].extension_data == {"of": "user"}
    assert active[-1].registration_token == "u"
    assert router.route("https://y.example/").reason.value == "no_match"
    assert router.route("https://a.example/").reason.value == "url_prefix"


def test_of_two_platform_sso_payloads_that_are_installed_the_first_counts() -> None:
    given = world(
        profile(redirect("https://a.example/", extension=A, PlatformSSO=PSSO)),
        profile(redirect("https://b.example/", extension=B, PlatformSSO=PSSO)),
        profile(redirect("https://c.example/", extension="com.example.c"), channel="user"),
    )
    listed = [replace(each, installed=True) for each in profiles_of(given)]
    router = Router.from_profiles(listed, device=device_of(given))
    assert [item.extension.bundle_id for item in router.activation.active] == ["com.example.c", A]
    (gone,) = router.activation.inactive
    assert (gone.payload.extension.bundle_id, gone.reason) == (
        B,
        InactiveReason.REPLACED_BY_USER_CHANNEL,
    )


# --- registration tokens -------------------------------------------------------------------------


def token_of(payload: Payload, kind: str) -> str | None:
    router = made(profile(payload, kind=kind), version="27.0")
    assert not router.refused
    (active,) = router.activation.active
    return active.registration_token


@pytest.mark.parametrize(
    ("kind", "keys", "expected"),
    [
        ("declaration", {"PlatformSSO": {"RegistrationToken": "inside"}}, "inside"),
        ("declaration", {"RegistrationToken": "top"}, None),
        (
            "declaration",
            {"PlatformSSO": {"RegistrationToken": "inside"}, "RegistrationToken": "top"},
            "inside",
        ),
        ("declaration", {"PlatformSSO": {"RegistrationToken": ""}}, None),
        ("declaration", {"PlatformSSO": {"RegistrationToken": 1}}, None),
        ("declaration", {"PlatformSSO": "x"}, None),
        ("profile", {"RegistrationToken": "top"}, "top"),
        ("profile", {"PlatformSSO": {"RegistrationToken": "inside"}}, None),
        (
            "profile",
            {"PlatformSSO": {"RegistrationToken": "inside"}, "RegistrationToken": "top"},
            "top",
        ),
        ("profile", {}, None),
    ],
)
def test_where_a_registration_token_is_read(
    kind: str, keys: dict[str, Any], expected: str | None
) -> None:
    assert token_of(redirect("https://h.example/") | keys, kind) == expected


def test_a_profile_before_macos_13_has_no_token() -> None:
    router = made(profile(redirect("https://h.example/", RegistrationToken="top")), version="12.7")
    assert router.activation.active[0].registration_token is None


# --- witnesses -----------------------------------------------------------------------------------


def conflict(old: Payload, new: Payload, **keys: object) -> Problem:
    """The one problem of the second profile, which claims what the first one has."""
    (refusal,) = made(profile(old), profile(new), **keys).refused
    (problem,) = refusal.problems
    assert (problem.source.file, problem.other and problem.other.file) == ("1", "0")
    return problem


@pytest.mark.parametrize(
    ("old", "new", "witness"),
    [
        ("https://h.example/", "https://h.example/", "https://h.example/"),
        ("https://h.example", "https://h.example/", "https://h.example/"),
        ("https://h.example/", "https://h.example", "https://h.example/"),
        ("https://h.example/a", "https://H.EXAMPLE/a", "https://H.EXAMPLE/a"),
        # what the system removes is taken by no request
        ("HTTPS://h.example/", "https://h.example/", None),
        ("https://h.example/", "HTTPS://h.example/", None),
        ("https://*.example/", "https://*.example/", None),
        # neither takes a URL that the other one takes
        ("https://h.example/a?", "https://h.example/a#", None),
        ("https://h.example/*/x", "https://h.example/*/x", "https://h.example/*/x"),
    ],
)
def test_the_witness_of_two_prefixes(old: str, new: str, witness: str | None) -> None:
    problem = conflict(redirect(old), redirect(new, extension=B))
    assert problem.code is RefusalCode.URL_CLAIMED
    assert problem.message == f"the URL `{new}` is already claimed"
    assert problem.witness == (Request(witness) if witness else None)


@pytest.mark.parametrize(
    ("old", "new", "witness"),
    [
        ("h.example", "h.example", "https://h.example/"),
        ("H.example", "h.EXAMPLE", "https://h.EXAMPLE/"),
        (".h.example", ".h.example", "https://a.h.example/"),
        ("\u00e9.example", "\u00e9.example", None),  # only ASCII hosts match
        ("\u212a.example", "k.example", None),  # the Kelvin sign, whose lower case is `k`
        ("k.example", "\u212a.example", None),
        ("h.example/x", "h.example/x", None),  # no request has such a host
    ],
)
def test_the_witness_of_two_hosts(old: str, new: str, witness: str | None) -> None:
    problem = conflict(credential(old), credential(new, extension=B))
    assert problem.code is RefusalCode.HOST_CLAIMED
    assert problem.message == f"the host `{new}` is already claimed"
    assert problem.witness == (Request(witness, response_code=401) if witness else None)


@pytest.mark.parametrize(
    ("code", "number", "text"),
    [
        (RefusalCode.MALFORMED, 10001, "MCPayloadErrorDomain 2004"),
        (RefusalCode.URL_INVALID, None, "MCExtensibleSingleSignOnErrorDomain 54000"),
        (RefusalCode.URL_CLAIMED, 10002, "MCExtensibleSingleSignOnErrorDomain 54005"),
        (RefusalCode.URL_REPEATED, 10002, "MCExtensibleSingleSignOnErrorDomain 54004"),
        (
            RefusalCode.SECOND_PLATFORM_SSO,
            10002,
            "MCExtensibleSingleSignOnErrorDomain invalid configuration format",
        ),
    ],
)
def test_the_numbers_of_a_refusal(code: RefusalCode, number: int | None, text: str) -> None:
    assert (code.intune, str(code)) == (number, text)


def test_two_platform_sso_payloads_have_no_witness() -> None:
    problem = conflict(
        redirect("https://a.example/", PlatformSSO=PSSO),
        redirect("https://b.example/", extension=B, PlatformSSO=PSSO),
    )
    assert (problem.code, problem.witness) == (RefusalCode.SECOND_PLATFORM_SSO, None)
    assert problem.message == "a channel can have one Platform SSO payload only"


def test_a_conflict_between_a_profile_and_a_declaration_says_so() -> None:
    given = world(
        profile(redirect("https://h.example/")),
        profile(redirect("https://h.example/", extension=B), kind="declaration"),
        version="27.0",
    )
    (refusal,) = install_all(profiles_of(given), device_of(given)).refused
    (problem,) = refusal.problems
    assert "order-dependent" in problem.message


def test_both_places_of_a_conflict_are_the_items() -> None:
    problem = conflict(
        redirect("https://a.example/", "https://h.example/"),
        redirect("https://b.example/", "https://h.example/", extension=B),
    )
    assert str(problem.source) == "1: [0].URLs[1]"
    assert str(problem.other) == "0: [0].URLs[1]"


def test_a_host_is_never_in_conflict_with_a_url() -> None:
    both = made(profile(redirect("https://h.example/")), profile(credential("https://h.example/")))
    assert both.refused == ()


def test_what_is_missing_has_the_place_of_its_payload() -> None:
    (refusal,) = made(profile({"Type": "Redirect", "ExtensionIdentifier": A})).refused
    assert [(str(problem.source), problem.message) for problem in refusal.problems] == [
        ("0: [0]", "`URLs` is missing")
    ]
