"""The oracle against the conformance table, and its pieces against values written down."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import case_table
import oracle
import worlds
from written_json import plain_request

ROWS = case_table.load_rows()

THEMES = {
    *("vectors", "selection", "schemes", "outcome", "lookalike", "wildcard", "refusal"),
    *("uniqueness", "updates", "channels", "platform_sso", "versions", "device", "strict"),
    "parsers",
}


@pytest.mark.parametrize("row", ROWS, ids=[row.id for row in ROWS])
def test_row(row: case_table.Row) -> None:
    if row.refused is not None:
        found = tuple(
            case_table.Refused(refusal["profile"], refusal["code"], tuple(refusal["codes"]))
            for refusal in oracle.refusals(row.world)
        )
        assert found == row.refused
        return
    assert row.request is not None
    answer = oracle.answer(row.world, row.request)
    extension = answer["extension"]
    assert row.expect == case_table.Expect(
        outcome=answer["outcome"],
        reason=answer["reason"],
        extension=extension and extension["bundle_id"],
        rule=answer["rule"],
        lookalike=answer["lookalike"],
    )


def test_every_theme_has_its_table() -> None:
    assert {row.id.partition(": ")[0] for row in ROWS} >= THEMES


# ---------------------------------------------------------------------------------------------
# The pieces of the oracle


@pytest.mark.parametrize(
    ("pattern", "takes", "does_not_take"),
    [
        ("", [""], ["a"]),
        ("a", ["a"], ["A"]),
        ("*", ["", "a\nb"], []),
        ("**", [""], []),
        ("a*", ["a"], ["ba"]),
        ("*a", ["ba"], ["ab"]),
        ("a*b*c", ["axbxc"], ["axcxb"]),
        ("*ab*abc*", ["xabababcx"], []),
        ("?", ["a"], ["", "ab"]),
        ("a?*", ["a?"], ["a"]),
        ("[a]", ["[a]"], ["a"]),
        (".", [], ["x"]),
        ("\\*", ["\\x"], []),
    ],
)
def test_what_a_glob_takes(pattern: str, takes: list[str], does_not_take: list[str]) -> None:
    assert all(oracle.glob_matches(pattern, text) is True for text in takes)
    assert all(oracle.glob_matches(pattern, text) is False for text in does_not_take)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://h.example/x", "h.example"),
        ("https://h.example", "h.example"),
        ("https://H.example?x", "H.example"),
        ("https://u:p@h.example:8443#x", "h.example"),
        ("https://a@b@h.example/", "h.example"),
        ("https://h.example@", None),
        ("https://@h.example", "h.example"),
        ("https://[::1]:80/", "::1"),
        ("https://[::1]x:80/", "[::1]x"),
        ("https://x[::1]:80/", "x[::1]"),
        ("https://[::1/", "[::1"),
        ("https://[]/", None),
        ("https://[/", "["),
        ("https://]:80/", "]"),
        ("https://h.example\\@evil.example/", "evil.example"),
        ("https://:80/", None),
        ("https:///h.example", None),
        ("https:/h.example", None),
        ("ssoid://com.example.a", "com.example.a"),
        ("realm://A B", "A B"),
        ("://h.example", "h.example"),
        ("h.example", None),
        ("", None),
    ],
)
def test_host_text(url: str, host: str | None) -> None:
    assert oracle.host_text(url) == host


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("https://h", oracle.URLParts("https", None, "h", None, "")),
        ("HTTP://U:P@H:80/A?", oracle.URLParts("HTTP", "U:P", "H", "80", "/A")),
        ("https://@h:#", oracle.URLParts("https", "", "h", "", "")),
        ("https://[::1]:1/", oracle.URLParts("https", None, "[::1]", "1", "/")),
        ("https://h/a:b@c[d]", oracle.URLParts("https", None, "h", None, "/a:b@c[d]")),
        ("https://h/\ud800", None),
        ("https://h\n", None),
        ("\nhttps://h", None),
        ("https://h:\u0661/", None),
    ],
)
def test_parse_prefix(text: str, parts: oracle.URLParts | None) -> None:
    assert oracle.parse_prefix(text) == parts


@pytest.mark.parametrize(
    ("text", "claim", "domain"),
    [
        ("https://h", "https://h/", "h"),
        ("HTTPS://H.Example/A?", "https://h.example/A", "h.example"),
        ("https://U:P@H:0443/#", "https://U:P@h:0443/", "h:0443"),
        ("https://@h:", "https://@h:/", "h"),
        ("https://%4A/%4A", "https://%4a/%4A", "%4a"),
        ("https://h:443", "https://h:443/", "h"),
        ("https://h:80", "https://h:80/", "h:80"),
        ("http://h:80", "http://h:80/", "h"),
        ("http://h:443", "http://h:443/", "h:443"),
        ("https://u:p@h:8443/x", "https://u:p@h:8443/x", "h:8443"),
        ("https://[::A]:1/", "https://[::a]:1/", "[::a]:1"),
    ],
)
def test_what_a_url_claims_and_the_domain_that_it_needs(text: str, claim: str, domain: str) -> None:
    url = oracle.parse_prefix(text)
    assert url is not None
    assert (oracle.url_claim(url), oracle.domain_of(url)) == (claim, domain)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *(("::", True), ("::1", True), ("1::", True), ("1:2:3:4:5:6:7:8", True)),
        *(("1:2:3:4:5:6:7::", True), ("::2:3:4:5:6:7:8", True), ("1::3:4:5:6:7:8", True)),
        *(("1:2:3:4:5:6:1.2.3.4", True), ("::1.2.3.4", True), ("1::1.2.3.4", True)),
        *(("", False), (":", False), (":::", False), ("1", False), ("1:2:3:4:5:6:7", False)),
        *(("1:2:3:4:5:6:7:8:9", False), ("1:2:3:4::5:6:7:8", False), ("1::2::3", False)),
        *((":1:2:3:4:5:6:7", False), ("1:2:3:4:5:6:7:", False), ("12345::", False)),
        *(("g::", False), ("1.2.3.4", False), ("::1.2.3", False), ("::1.2.3.256", False)),
        *(("::1.2.3.04", False), ("1.2.3.4::", False), ("1:2:3:4:5:6:7:1.2.3.4", False)),
    ],
)
def test_ipv6(text: str, *, expected: bool) -> None:
    assert oracle.is_ipv6(text) is expected


@pytest.mark.parametrize(
    ("version", "minimum", "expected"),
    [
        ("15", "15.0", True),
        ("15.0", "15", True),
        ("15.0.0", "15.0", True),
        ("14.9.9", "15", False),
        ("10.9", "10.15", False),
        ("10.15.7", "10.15", True),
        ("9.0", "13.0", False),
        ("0", "0.0", True),
        ("26.2", "26.10", False),
    ],
)
def test_versions(version: str, minimum: str, *, expected: bool) -> None:
    assert oracle.at_least(version, minimum) is expected


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        *(("h.example", True), ("H", True), ("1.a", True), ("a_b.c-d", True), ("-", True)),
        *(("xn--bcher-kva.example", True), ("XN--BCHER-KVA", True), ("xn--strae-oqa", True)),
        *(
            ("", False),
            ("a.", False),
            (".a", False),
            ("a..b", False),
            ("1", False),
            ("a.1b", False),
        ),
        *(("a b", False), ("a%41", False), ("ab--c", False), ("xn--", False), ("xn--a", False)),
        *(
            ("xn--a-", False),
            ("xn--abc-", False),
            ("[::1]", False),
            ("\u00e9", False),
            ("a\n", False),
        ),
        *(("\uff11.a", False), ("xn--BCHER-KVA-", False), ("xn--0", False), ("xn--a_b", False)),
    ],
)
def test_plain_hosts(host: str, *, expected: bool) -> None:
    assert oracle.host_is_plain(host) is expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        *(("https://h.example/%", True), ("HTTP://h", True), ("https://h:", True)),
        *(("https://h:65535", True), ("https://h:00443/", True), ("https://h:0/", True)),
        *(("https://h:65536/", False), ("https://h:x/", False), ("https://h:1:2/", False)),
        *(("https://u@h/", False), ("https://@h/", False), ("ftp://h/", False), ("h://h", False)),
        *(("https://h\\x/", False), ("https:///h", False), (" https://h", False), ("h", False)),
        *(("https://[::1]/", False), ("https://h:\u0661/", False), ("x:https://h/", False)),
    ],
)
def test_plain_urls(url: str, *, expected: bool) -> None:
    assert oracle.url_is_plain(url) is expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("com.example.sso", ("com.example.sso", None)),
        ("com.example.sso (TEAM)", ("com.example.sso", "TEAM")),
        ("com.example.sso  (TEAM)", (None, None)),
        ("com.example.sso (TEAM)\n", (None, None)),
        ("", (None, None)),
        (1, (None, None)),
    ],
)
def test_composed_identifier(value: object, expected: tuple[str | None, str | None]) -> None:
    assert oracle.split_composed(value) == expected


def test_only_ascii_is_folded() -> None:
    assert oracle.fold("AZaz@[`{\u00c9\u0130\u212a") == "azaz@[`{\u00c9\u0130\u212a"


# ---------------------------------------------------------------------------------------------
# Whole answers: what the rows do not show


def redirect(**keys: object) -> dict[str, Any]:
    return {
        "Type": "Redirect",
        "ExtensionIdentifier": "com.example.sso",
        "TeamIdentifier": "EXAMPLE123",
        "URLs": ["https://h.example/a", "https://h.example/"],
    } | keys


def world(*payloads: dict[str, Any], **keys: object) -> dict[str, Any]:
    profiles = [
        {"identifier": None, "channel": "device", "kind": "profile", "payloads": [payload]}
        for payload in payloads
    ]
    return {"platform": "macOS", "version": "15.4", "matching": "system"} | {
        "profiles": profiles,
        **keys,
    }


def test_a_whole_answer() -> None:
    first = redirect(ExtensionIdentifier="com.example.first", URLs=["https://f.example/"])
    assert oracle.answer(world(first, redirect()), {"url": "https://h.example/b"}) == {
        "outcome": "handle",
        "reason": "url_prefix",
        "extension": {"bundle_id": "com.example.sso", "team_id": "EXAMPLE123"},
        "rule": "https://h.example/",
        "place": [1, 0, 1],
        "lookalike": False,
    }


def test_no_answer() -> None:
    answer = oracle.answer(world(), {"url": "https://h.example/b"})
    nothing = dict.fromkeys(("extension", "rule", "place"))
    outcome = {"outcome": "do_not_handle", "reason": "no_match", "lookalike": False}
    assert answer == outcome | nothing


def test_the_place_counts_entries_as_written() -> None:
    payload = redirect(URLs=["HTTPS://h.example/x", "https://*.example/", "https://h.example/"])
    answer = oracle.answer(world(payload), {"url": "https://h.example/x"})
    assert answer["place"] == [0, 0, 2]


def test_the_place_of_a_payload_without_a_rule() -> None:
    answer = oracle.answer(world(redirect()), {"url": "ssoid://com.example.sso"})
    assert (answer["rule"], answer["place"]) == (None, [0, 0, None])


def test_the_place_of_the_system_extension() -> None:
    asked = world(redirect(), apple_account_urls=["https://h.example/"])
    answer = oracle.answer(asked, {"url": "https://h.example/"})
    assert (answer["rule"], answer["place"]) == ("https://h.example/", None)


def test_the_system_extension_is_not_asked_for_special_schemes() -> None:
    asked = world(apple_account_urls=["host://h.example", "ssoid://", "realm:"])
    for url in ("host://h.example", "ssoid://com.example.sso", "realm://0"):
        assert oracle.answer(asked, {"url": url})["reason"] == "no_match"


@pytest.mark.parametrize("platform", ["tvOS", "watchOS"])
def test_other_platforms_know_no_payload(platform: str) -> None:
    asked = world(redirect(), redirect(URLs=["x"]), platform=platform, version="26.0")
    assert oracle.refusals(asked) == []
    assert oracle.answer(asked, {"url": "https://h.example/"})["reason"] == "no_match"


@pytest.mark.parametrize("platform", ["macOS", "iOS", "visionOS"])
def test_the_team_is_as_the_payload_has_it(platform: str) -> None:
    asked = world(redirect(), platform=platform, version="27.0")
    answer = oracle.answer(asked, {"url": "https://h.example/"})
    assert answer["extension"] == {"bundle_id": "com.example.sso", "team_id": "EXAMPLE123"}


@pytest.mark.parametrize(
    ("composed", "team"),
    [("com.example.new", None), ("com.example.new (NEWTEAM123)", "NEWTEAM123")],
)
@pytest.mark.parametrize("platform", ["macOS", "iOS"])
def test_the_composed_identifier_replaces_both(
    platform: str, composed: str, team: str | None
) -> None:
    asked = world(redirect(ExtensionComposedIdentifier=composed))
    asked |= {"platform": platform, "version": "27.0"}
    asked["profiles"][0]["kind"] = "declaration"
    answer = oracle.answer(asked, {"url": "https://h.example/"})
    assert answer["extension"] == {"bundle_id": "com.example.new", "team_id": team}


def test_refusals_name_their_domain() -> None:
    asked = world(redirect(URLs=["x"]), redirect(Type="Other"), redirect())
    assert oracle.refusals(asked) == [
        {"profile": 0, "code": 54000, "domain": oracle.SSO_DOMAIN, "codes": [54000]},
        {"profile": 1, "code": 2004, "domain": oracle.PAYLOAD_DOMAIN, "codes": [2004]},
    ]


def test_the_refusal_without_a_code() -> None:
    sso = {"AuthenticationMethod": "Password"}
    asked = world(redirect(PlatformSSO=sso), redirect(PlatformSSO=sso, URLs=["https://g.example"]))
    assert oracle.refusals(asked) == [
        {"profile": 1, "code": None, "domain": oracle.SSO_DOMAIN, "codes": [None]},
    ]


def test_two_malformed_keys_are_two_codes() -> None:
    asked = world(redirect(ExtensionData=1, DeniedBundleIdentifiers=["", 1], URLs=[1, 2]))
    assert [refusal["codes"] for refusal in oracle.refusals(asked)] == [[2004, 2004, 2004]]


@pytest.mark.parametrize("matching", ["system", "strict"])
@pytest.mark.parametrize("code", [0, 401])
@pytest.mark.parametrize(
    "url",
    [
        "https://h.example/\ud800",
        "https://\udc00.example/",
        "ssoid://com.example.sso\ud800",
        "\ud83d\ude00",
    ],
)
def test_surrogates_match_nothing(url: str, code: int, matching: str) -> None:
    hosts = ["h.example", ".example", "\udc00.example"]
    credential = {"Type": "Credential", "ExtensionIdentifier": "com.example.c", "Hosts": hosts}
    asked = world(redirect(), credential, matching=matching)
    assert oracle.refusals(asked) == []
    answer = oracle.answer(asked, {"url": url, "response_code": code})
    assert answer["reason"] == "no_match"


def test_a_surrogate_is_no_url() -> None:
    assert oracle.refusals(world(redirect(URLs=["https://h.example/\ud800"])))[0]["code"] == 54000


@settings(deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_what_strict_handles_system_handles(data: st.DataObject) -> None:
    drawn = data.draw(worlds.worlds())
    request = data.draw(worlds.requests_for(drawn))
    strict = oracle.answer(drawn | {"matching": "strict"}, request)
    system = oracle.answer(drawn | {"matching": "system"}, request)
    if strict["outcome"] == "handle":
        assert strict == system
    if strict["reason"] not in ("not_strict", "ambiguous_url"):
        assert strict == system


@settings(deadline=None, suppress_health_check=list(HealthCheck))
@given(worlds.worlds())
def test_a_refused_profile_changes_nothing(drawn: dict[str, Any]) -> None:
    refused = {refusal["profile"] for refusal in oracle.refusals(drawn)}
    kept = [profile for at, profile in enumerate(drawn["profiles"]) if at not in refused]
    without = drawn | {"profiles": kept}
    assert oracle.refusals(without) == []
    before, after = oracle.active_payloads(drawn), oracle.active_payloads(without)
    assert [payload.entries for payload in before] == [payload.entries for payload in after]


# ---------------------------------------------------------------------------------------------
# The loader of the tables

GOOD = """
[[rows]]
name = "one"
section = "§4.1"
authority = "observed"
prefix = "https://h.example/"
request = {url = "https://h.example/"}
expect = {outcome = "handle", reason = "url_prefix"}
"""


def load(tmp_path: Path, text: str) -> list[case_table.Row]:
    (tmp_path / "table.toml").write_text(text, encoding="utf-8")
    return case_table.load_rows(tmp_path)


def test_a_short_form_is_expanded(tmp_path: Path) -> None:
    [row] = load(tmp_path, GOOD)
    assert row == case_table.Row(
        id="table: one",
        section="§4.1",
        authority="observed",
        world={
            "platform": "macOS",
            "version": "15.4",
            "matching": "system",
            "installed_extensions": None,
            "associated_domains": {},
            "apple_account_urls": [],
            "profiles": [
                {
                    "identifier": "com.example.profile",
                    "channel": "device",
                    "kind": "profile",
                    "payloads": [
                        {
                            "Type": "Redirect",
                            "ExtensionIdentifier": "com.example.sso",
                            "TeamIdentifier": "EXAMPLE123",
                            "URLs": ["https://h.example/"],
                        }
                    ],
                }
            ],
        },
        request=plain_request("https://h.example/"),
        expect=case_table.Expect("handle", "url_prefix", None, None, lookalike=False),
        refused=None,
        note=None,
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no rows"),
        ("rows = []", "no rows"),
        ("[worlds.x]\nprofiles = []", "no rows"),
        ("x = 1\n" + GOOD, "unknown"),
        (GOOD + GOOD, "two rows"),
        (GOOD + "[worlds.x]\nprofiles = []", "no row uses"),
        (GOOD.replace('name = "one"', ""), "no name"),
        (GOOD.replace('authority = "observed"', ""), "authority"),
        (GOOD.replace("observed", "certain"), "authority"),
        (GOOD.replace("§4.1", "4.1"), "section"),
        (GOOD.replace("prefix =", "prefux ="), "unknown"),
        (GOOD.replace("prefix =", 'host = "x"\nprefix ='), "exactly one"),
        (GOOD.replace("prefix =", 'world = "x"\nprefix ='), "exactly one"),
        (GOOD.replace('prefix = "https://h.example/"', 'world = "x"'), "no world"),
        (GOOD.replace('prefix = "https://h.example/"', "world = {x = 1}"), "unknown"),
        (GOOD.replace("{url =", "{uri ="), "unknown"),
        (GOOD.replace('{url = "https://h.example/"}', "{}"), "no url"),
        (GOOD.replace('"handle"', '"handled"'), "outcome"),
        (GOOD.replace('"url_prefix"', '"prefix"'), "reason"),
        (GOOD.replace("outcome =", "x = 1, outcome ="), "unknown"),
        (GOOD + "refused = []", "either"),
        (GOOD.replace("request =", "note ="), "either"),
        (GOOD + "x", "table.toml"),
    ],
)
def test_what_is_not_understood_is_an_error(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(case_table.CaseTableError, match=message):
        load(tmp_path, text)


@pytest.mark.parametrize(
    ("refused", "message"),
    [
        ("[{profile = 1, code = 2004, codes = [2004]}]", "no profile"),
        ("[{profile = 0, code = 2004, codes = [54000]}]", "first of"),
        ('[{profile = 0, code = 2004, codes = ["none"]}]', "first of"),
        ("[{profile = 0, codes = []}]", "first of"),
        ("[{profile = 0, code = 2004, codes = [2004], x = 1}]", "unknown"),
    ],
)
def test_refused_is_checked(tmp_path: Path, refused: str, message: str) -> None:
    text = GOOD.partition("request")[0] + f"refused = {refused}\n"
    with pytest.raises(case_table.CaseTableError, match=message):
        load(tmp_path, text)


def test_the_refusal_without_a_code_is_read(tmp_path: Path) -> None:
    text = GOOD.partition("request")[0] + 'refused = [{profile = 0, codes = ["none", 54005]}]\n'
    [row] = load(tmp_path, text)
    assert row.refused == (case_table.Refused(0, None, (None, 54005)),)


def test_an_empty_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(case_table.CaseTableError, match="no case table"):
        case_table.load_rows(tmp_path)
