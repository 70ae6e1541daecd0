"""Profiles and requests to measure with, made from a seed; every request knows its answer.

The answer comes from how the request was made (from which rule, by which caller), never from the
library. W1 is a typical device (5 payloads, 12 rules), W2 has 1,000 rules, W3 100,000: the same
device and ever more tenants of a fleet. The requests are the same mix everywhere: 95 % misses, 10 %
challenges (hit or missed), callers with and without denial.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Final, NamedTuple
from unittest.mock import patch

from ssoroute import Decision, Profile, Router, Source
from ssoroute.model.profile import PayloadDictionary, Value
from ssoroute.routing import index as _index

__all__ = ["Answer", "Ask", "Workload", "check", "hostile", "probes", "workload"]

SEED: Final = 20240607
RULES: Final = {"W1": 12, "W2": 1_000, "W3": 100_000}
RULES_PER_TENANT: Final = 4
REQUESTS: Final = 5_000
HOSTS: Final = 1_500  # that the misses go to

DENIED: Final = "com.example.denied"
CALLERS: Final = (None, None, None, "com.apple.Safari", "com.google.Chrome", "com.example.app")

_MICROSOFT: Final = (
    "https://login.microsoftonline.com",
    "https://login.microsoft.com",
    "https://sts.windows.net",
    "https://login.partner.microsoftonline.cn",
    "https://login.chinacloudapi.cn",
    "https://login.microsoftonline.us",
    "https://login-us.microsoftonline.com",
)
#: The five payloads of a typical device: type, extension, team, rules.
DEVICE: Final = (
    ("Redirect", "com.microsoft.CompanyPortalMac.ssoextension", "UBF8T346G9", _MICROSOFT),
    (
        "Credential",
        "com.apple.AppSSOKerberos.KerberosExtension",
        "apple",
        ("corp.example.com", ".corp.example.com"),
    ),
    (
        "Credential",
        "com.okta.mobile.auth-service-extension",
        "B7F62B65BN",
        ("acme.okta.com",),
    ),
    (
        "Redirect",
        "com.pingidentity.pingid.desktop.ssoe",
        "6U3RF4C84N",
        ("https://acme.pingone.example/as/authorize",),
    ),
    (
        "Redirect",
        "com.fleetdm.fleet-desktop.pssoextension",
        "8VBZ3948LU",
        ("https://fleet.acme.example",),
    ),
)
_FIRST_LABELS: Final = (
    *("www", "www", "www", "www", "api", "cdn", "static", "img", "fonts", "mail", "accounts"),
    *("login", "s", "m", "shop", "docs", "news", "assets", "media", "app", "edge", "sso"),
)
_DOMAINS: Final = ("com", "com", "com", "net", "org", "io", "de", "co.uk", "example")
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"


class Ask(NamedTuple):
    """The arguments of one request, in the order in which `Router.route` takes them."""

    url: str
    caller: str | None = None
    response_code: int = 0


class Answer(NamedTuple):
    """What is right: the outcome, the reason, and the rule as text."""

    outcome: str = "do_not_handle"
    reason: str = "no_match"
    rule: str | None = None


@dataclass(frozen=True, slots=True)
class Workload:
    """Profiles, requests, and the answer to each request."""

    name: str
    profiles: tuple[Profile, ...] = field(repr=False)
    asks: tuple[Ask, ...] = field(repr=False)
    answers: tuple[Answer, ...] = field(repr=False)

    @property
    def misses(self) -> tuple[str, ...]:
        """The URLs that are plain loads and match nothing."""
        return tuple(
            ask.url
            for ask, answer in zip(self.asks, self.answers, strict=True)
            if answer.rule is None and not ask.response_code
        )

    def router(self, engine: str = "default") -> Router:
        """The router of these profiles on the newest macOS; `engine` may be `pure`."""
        if engine == "pure":
            with patch.object(_index, "compiled", None):
                return Router.from_profiles(self.profiles)
        return Router.from_profiles(self.profiles)


def check(decisions: Sequence[Decision], workload: Workload) -> None:
    """Raise AssertionError unless every decision is the right one."""
    for decision, ask, answer in zip(decisions, workload.asks, workload.answers, strict=True):
        rule = decision.rule and decision.rule.text
        if (decision.outcome, decision.reason, rule) != answer:
            raise AssertionError(f"{ask}: {decision} where {answer} is right")


def _payload(
    type_: str, extension: str, team: str, rules: Sequence[str], source: Source
) -> PayloadDictionary:
    content: dict[str, Value] = {
        "Type": type_,
        "ExtensionIdentifier": extension,
        "TeamIdentifier": team,
        "URLs" if type_ == "Redirect" else "Hosts": tuple(rules),
        "DeniedBundleIdentifiers": (DENIED,),
    }
    return PayloadDictionary(content, source)


def _profile(number: int, payloads: Sequence[tuple[str, str, str, Sequence[str]]]) -> Profile:
    source = Source(f"{number}.mobileconfig")
    content = source.key("PayloadContent")
    return Profile(
        tuple(_payload(*payload, content.item(place)) for place, payload in enumerate(payloads)),
        source,
        f"com.example.profile.{number}",
    )


class _Text:
    """Random words, hosts and paths."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def word(self, least: int, most: int) -> str:
        return "".join(self.random.choices(_LETTERS, k=self.random.randint(least, most)))

    def domain(self) -> str:
        return f"{self.word(5, 12)}.{self.random.choice(_DOMAINS)}"

    def tail(self, length: int) -> str:
        """A path with a query, `length` characters long, not starting with a delimiter."""
        text = ""
        while len(text) < length:
            text += self.word(2, 9) + self.random.choice("/-_.=&%?")
        return text[:length]


def _tenant(text: _Text, number: int) -> tuple[str, Sequence[tuple[str, str, str, Sequence[str]]]]:
    """One tenant of a fleet: an identity provider of its own, 3 URL prefixes and 1 host suffix."""
    name = f"{text.word(4, 9)}{number}"
    urls = (
        f"https://{name}.okta.com/device-access/api/v1/nonce",
        f"https://{name}.okta.com/oauth2/v1/token",
        f"https://login.{name}.example",
    )
    return name, (
        ("Redirect", "com.okta.mobile.auth-service-extension", "B7F62B65BN", urls),
        (
            "Credential",
            "com.apple.AppSSOKerberos.KerberosExtension",
            "apple",
            (f".{name}.example",),
        ),
    )


@cache
def workload(name: str) -> Workload:
    """`W1`, `W2` or `W3`."""
    text = _Text(SEED)
    profiles = [_profile(0, DEVICE)]
    prefixes: list[str] = [
        rule for type_, _, _, rules in DEVICE if type_ == "Redirect" for rule in rules
    ]
    hosts: list[str] = [
        rule for type_, _, _, rules in DEVICE if type_ == "Credential" for rule in rules
    ]
    for number in range(1, (RULES[name] - RULES["W1"]) // RULES_PER_TENANT + 1):
        _, payloads = _tenant(text, number)
        profiles.append(_profile(number, payloads))
        prefixes += payloads[0][3]
        hosts += payloads[1][3]
    asked = list(_requests(_Text(SEED + 1), prefixes, hosts))
    asks, answers = zip(*asked, strict=True)
    return Workload(name, tuple(profiles), asks, answers)


def _requests(
    text: _Text, prefixes: Sequence[str], hosts: Sequence[str]
) -> Iterator[tuple[Ask, Answer]]:
    """90 % plain loads and 10 % challenges, 95 % of both misses, in random order.

    The misses are the same in every workload.
    """
    choose = random.Random(SEED + 2)
    hits = [
        _challenge_hit(choose, text, hosts) if place % 10 == 0 else _hit(choose, text, prefixes)
        for place in range(REQUESTS * 5 // 100)
    ]
    asked = [*_misses(), *hits]
    random.Random(SEED + 3).shuffle(asked)
    return iter(asked)


@cache
def _misses() -> Sequence[tuple[Ask, Answer]]:
    """The same strings for every workload, in random order in memory."""
    text = _Text(SEED + 5)
    elsewhere = [_other_host(text) for _ in range(HOSTS)]
    return [_miss(text, elsewhere, place) for place in range(REQUESTS * 95 // 100)]


def _caller(choose: random.Random) -> str | None:
    return DENIED if choose.random() < 0.1 else choose.choice(CALLERS)


def _other_host(text: _Text) -> str:
    """A host that no rule is about, sometimes one of the kind that rules are about."""
    choose = text.random
    if choose.random() < 0.1:
        return choose.choice((f"login.{text.word(5, 9)}.net", f"{text.word(6, 10)}.okta.com"))
    host = text.domain()
    return f"{choose.choice(_FIRST_LABELS)}.{host}" if choose.random() < 0.85 else host


def _miss(text: _Text, hosts: Sequence[str], place: int) -> tuple[Ask, Answer]:
    choose = text.random
    scheme = "http" if choose.random() < 0.05 else "https"
    # As in real traffic, few hosts get most of the requests (Zipf's law).
    host = hosts[int(len(hosts) ** choose.random()) - 1]
    start = f"{scheme}://{host}/"
    url = start + text.tail(max(choose.randint(30, 300) - len(start), 0))
    return Ask(url, _caller(choose), 401 if place % 10 == 0 else 0), Answer()


def _decided(caller: str | None, reason: str, rule: str) -> Answer:
    if caller == DENIED:
        return Answer("do_not_handle", "caller_denied", rule)
    return Answer("handle", reason, rule)


def _hit(choose: random.Random, text: _Text, prefixes: Sequence[str]) -> tuple[Ask, Answer]:
    rule, caller = choose.choice(prefixes), _caller(choose)
    tail = text.tail(choose.randint(20, 250))
    return Ask(f"{rule}/{tail}", caller), _decided(caller, "url_prefix", rule)


def _challenge_hit(choose: random.Random, text: _Text, hosts: Sequence[str]) -> tuple[Ask, Answer]:
    rule, caller = choose.choice(hosts), _caller(choose)
    host = f"{text.word(2, 9)}{rule}" if rule.startswith(".") else rule
    url = f"https://{host}/{text.tail(choose.randint(20, 250))}"
    return Ask(url, caller, choose.choice((401, 407))), _decided(caller, "host", rule)


def probes() -> Workload:
    """Requests to the rules of W1 in which the system's way and the obvious ways differ."""
    rule = "https://login.microsoftonline.com"
    matched = Answer("handle", "url_prefix", rule)
    host = Answer("handle", "host", ".corp.example.com")
    asked = (
        (Ask(f"{rule}.evil.example/x"), matched),
        (Ask(f"{rule}:8443/x"), matched),
        (Ask(f"{rule}@evil.example/x"), matched),
        (Ask(rule), matched),
        (Ask("HTTPS://LOGIN.MicrosoftOnline.COM/x"), matched),
        (Ask("https://user@login.microsoftonline.com/x"), Answer()),
        (Ask("https://login.microsoft\u212aonline.com/"), Answer()),
        (Ask("https://acme.pingone.example/x/../as/authorize"), Answer()),
        (
            Ask("https://ACME.pingone.example/AS/authorize?x"),
            Answer("handle", "url_prefix", "https://acme.pingone.example/as/authorize"),
        ),
        (Ask("https://a.b.corp.example.com:8443/x", None, 401), host),
        (Ask("https://user@a.corp.example.com/x", None, 407), host),
        (Ask("https://corp.example.com./x", None, 401), Answer()),
        (Ask("https://a.CORP.example.com?x", None, 401), host),
        (Ask("https://[::1]/x", None, 401), Answer()),
        (Ask("https://[broken/x"), Answer()),
        (Ask(""), Answer()),
    )
    asks, answers = zip(*asked, strict=True)
    return Workload("probes", workload("W1").profiles, asks, answers)


def of_hosts(hosts: Sequence[str], asked: Sequence[str]) -> Workload:
    """Host rules, and challenges of the hosts in `asked`."""
    known = frozenset(hosts)
    payload = ("Credential", "com.example.sso", "EXAMPLE123", hosts)
    return Workload(
        "hosts",
        (_profile(0, [payload]),),
        tuple(Ask(f"https://{host}/", None, 401) for host in asked),
        tuple(Answer("handle", "host", host) if host in known else Answer() for host in asked),
    )


def of_urls(prefixes: Sequence[str], asked: Sequence[tuple[str, str | None]]) -> Workload:
    """URL prefixes, and URLs with the prefix that decides about each."""
    payload = ("Redirect", "com.example.sso", "EXAMPLE123", prefixes)
    return Workload(
        "URLs",
        (_profile(0, [payload]),),
        tuple(Ask(url) for url, _ in asked),
        tuple(Answer("handle", "url_prefix", rule) if rule else Answer() for _, rule in asked),
    )


def hostile() -> Iterator[tuple[str, Workload]]:
    """Requests and rules made to be slow, each a small workload with its name."""
    text = _Text(SEED + 4)
    redirect = ("Redirect", "com.example.sso", "EXAMPLE123")
    credential = ("Credential", "com.example.sso", "EXAMPLE123")

    def of(
        name: str,
        payload: tuple[str, str, str],
        rules: Sequence[str],
        *asked: tuple[Ask, str | None],
    ) -> tuple[str, Workload]:
        reason = "url_prefix" if payload is redirect else "host"
        answers = tuple(Answer("handle", reason, rule) if rule else Answer() for _, rule in asked)
        profile = _profile(0, [(*payload, rules)])
        return name, Workload(name, (profile,), tuple(ask for ask, _ in asked), answers)

    stem = "https://login.example.com/" + "a/" * 40
    tail = text.tail(8_000)
    yield of("an 8 KB miss", redirect, [stem], (Ask("https://www.example.com/" + tail), None))
    yield of("an 8 KB hit", redirect, [stem], (Ask(stem + tail), stem))
    labels = ".".join(["a"] * 60)
    yield of(
        "60 labels",
        credential,
        [".example.com"],
        (Ask(f"https://{labels}.example.com/", None, 401), ".example.com"),
        (Ask(f"https://{labels}.example.net/", None, 401), None),
    )
    many = "a." * 500_000
    yield of(
        "500,000 labels",
        credential,
        [".example.com", "." + "b." * 50 + "example.net"],
        (Ask(f"https://{many}example.com/", None, 401), ".example.com"),
        (Ask(f"https://{many}example.net/", None, 401), None),
    )
    nested = ["https://login.example.com/" + "a/" * depth for depth in range(200, 0, -1)]
    yield of(
        "200 nested prefixes",
        redirect,
        nested,
        (Ask(nested[0] + "x"), nested[0]),
        (Ask(nested[0][:-3] + "x"), nested[2]),
        (Ask("https://login.example.com/b"), None),
    )
    stems = [f"{stem}{number:04}/" for number in range(1_000)]
    yield of(
        "long common stems",
        redirect,
        stems,
        (Ask(stems[777] + "x"), stems[777]),
        (Ask(stem + "x777/"), None),
    )
    yield of(
        "agrees up to the last character",
        redirect,
        [stem + "z"],
        (Ask(stem + "y"), None),
        (Ask(stem + "z"), stem + "z"),
    )
    wild = [f"https://id.example.com/t{number}/*/login" for number in range(20)]
    yield of(
        "wildcard prefixes",
        redirect,
        wild,
        (Ask("https://id.example.com/t7/" + "x/" * 100 + "login"), wild[7]),
        (Ask("https://id.example.com/t7/" + "logi/" * 100), None),
    )
