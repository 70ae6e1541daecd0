"""Random worlds and requests, as the plain data that `tests/cases/README.md` describes.

The alphabet is small on purpose: URLs nest, differ by case only, collide, look alike and stop
being parsable, profiles update each other, and versions stand on both sides of every boundary.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from hypothesis import strategies as st

T = TypeVar("T")

VERSIONS = {
    "macOS": [
        *("15.4", "15.4", "27.0", "27.0", "26.0", "26.9", "15.0", "27.2", "99.0"),
        *("14.9", "14.0", "13.6", "13.0", "12.7", "12.0", "11.7", "11.0", "10.15.7", "10.15"),
        "10.14.6",
    ],
    "iOS": ["18.4", "27.0", "18.0", "17.9", "26.0", "26.9", "99", "15", "14.8", "13.0", "12.9"],
    "iPadOS": ["18", "27.0.1", "17.7", "15.0", "14.9", "13.1", "12.5.7"],
    "visionOS": ["2.0", "27.0", "26.9", "1.9", "1.1", "1.0"],
}
PLATFORMS = ["macOS", "macOS", "macOS", "macOS", "iOS", "iOS", "iPadOS", "visionOS"]

EXTENSIONS = ["com.example.a", "com.example.b", "com.example.B", "com.example.c"]
TEAMS = ["TEAM000001", "TEAM000001", "TEAM000002"]
APPS = ["com.example.app", "com.example.App", "com.apple.Safari", "com.example"]

URL_HOSTS = [
    *("a.test", ".a.test", "b.test", ".b.test", "c.test", "x.c.test", ".test", "d.test", "e.test"),
    *("h.example", "h.example", "h.example", "g.example", "g.example", "H.Example", "a.h.example"),
    *("h.example.", "h.exam", "h.example.evil.test", "*.example", "h*.example", "192.0.2.1"),
    *("[::1]", "xn--bcher-kva.example", "xn--a.example", "a..b", "%68.example", "ab--c.test"),
]
URL_PATHS = [
    *("", "/", "/a", "/A", "/a/", "/a/b", "/a/B", "/ab", "/b", "/b/c", "/c", "/d/", "/e/f/g"),
    *("/1", "/2", "/x", "/x/", "/y", "/z", "/z/1", "/z/2", "/z/3", "/login", "/Login", "/auth"),
    *("/a/*", "/*", "/*/b", "/t/*/x", "/*b?", "/a*b*c", "/a?", "?", "#", "/%2f", "/%2F", "/[x]"),
]
BAD_URLS = ["", "h.example", "https:///x", "https://h.example/?q", "https://h.example/#f"]
BAD_URLS += ["ftp://h.example/", "https://h.example/a b", "https://h.example:x/", "https://[::g]/"]
BAD_URLS += ["https://h.example/\u00e9", "https://b\u00fccher.example/", "https://h.example/%zz"]

HOSTS = [
    *("a.test", ".a.test", "b.test", ".b.test", "c.test", "x.c.test", ".test", "d.test", "e.test"),
    *("h.example", "H.Example", ".h.example", ".example", ".Example", "g.example", "a.h.example"),
    *("b.a.h.example", ".a.h.example", "i.example", "h.example.", ".h.example.", "h.example:8443"),
    *("*.example", "https://h.example", "192.0.2.1", "::1", "[::1]", "xn--bcher-kva.example"),
    *(
        "b\u00fccher.example",
        "\u212a.example",
        "k.example",
        ".",
        "%68.example",
        "ab--c.test",
        "test",
    ),
]
REALMS = ["EXAMPLE.COM", "example.com", "0", "1", "2", "Okta Device"]
METHODS = ["Password", "SmartCard", "UserSecureEnclaveKey", "AccessKey", "OpenID", "Other", 1]
DOMAINS = ["h.example", "g.example", "a.h.example", "h.example:8443", "other.example", "192.0.2.1"]
DOMAINS += ["h.exam", "h.example.", "h.example.evil.test", "[::1]", "xn--bcher-kva.example"]
APPLE_URLS = [
    "https://appleid.apple.com/auth/authorize",
    "https://h.example/a",
    "https://g.example",
]

TAILS = ["", "/", "/x", "x", "?q=1", "#f", ".evil.test/", ":8443/", ":443", ":/", "@evil.test/"]
TAILS += ["./", "\\@evil.test/", "%2e", "\t/", " ", "//", "/../a", "/\u00e9", "/a\ud800", "/B", "*"]
SCHEMES = ["http", "https", "HTTPS", "ftp", "SSOID", "host", "realm", "ssoid", "Host", "ht\ttps"]
USERINFOS = ["u@", "u:p@", "@", "h.example@", "a@b@"]
LABELS = ["x.", "x", ".", "a.b.", "xn--a.", "*."]


def one_in(number: int) -> st.SearchStrategy[bool]:
    return st.sampled_from([False] * (number - 1) + [True])


def some(draw: st.DrawFn, item: st.SearchStrategy[T], counts: list[int]) -> list[T]:
    """Draw a list whose length is one of the counts: hypothesis alone prefers short lists."""
    number = draw(st.sampled_from(counts))
    return draw(st.lists(item, min_size=number, max_size=number))


def mostly_unique(draw: st.DrawFn, item: st.SearchStrategy[str]) -> list[str]:
    found = some(draw, item, [1, 1, 2, 2, 3])
    return found if draw(one_in(8)) else list({text.lower(): text for text in found}.values())


@st.composite
def urls(draw: st.DrawFn) -> str:
    if draw(one_in(40)):
        return draw(st.sampled_from(BAD_URLS))
    scheme = draw(st.sampled_from(["https"] * 18 + ["http", "http", "HTTPS", "Http"]))
    userinfo = draw(st.sampled_from([""] * 20 + ["u@", "@", "*@"]))
    port = draw(st.sampled_from([""] * 16 + [":443", ":8443", ":", ":0443", ":99999"]))
    host, path = draw(st.sampled_from(URL_HOSTS)), draw(st.sampled_from(URL_PATHS))
    return f"{scheme}://{userinfo}{host}{port}{path}"


def hosts() -> st.SearchStrategy[str]:
    return st.sampled_from(HOSTS * 3 + [""])


@st.composite
def platform_sso_keys(draw: st.DrawFn) -> dict[str, Any]:
    """Draw what may make a Platform SSO payload, at the top and below `PlatformSSO`."""
    keys: dict[str, Any] = {}
    if draw(one_in(3)):
        keys["AuthenticationMethod"] = draw(st.sampled_from(METHODS[:-1]))
    if draw(one_in(8)):
        keys["RegistrationToken"] = "token"
    if draw(st.booleans()):
        subkeys: dict[str, Any] = {}
        if draw(st.sampled_from([True, True, True, False])):
            subkeys["AuthenticationMethod"] = draw(st.sampled_from(METHODS))
        if draw(st.booleans()):
            subkeys["UseSharedDeviceKeys"] = draw(st.sampled_from([True, True, False, 1]))
        keys["PlatformSSO"] = subkeys
        if draw(one_in(10)):
            keys["PlatformSSO"] = "x"
    return keys


@st.composite
def payloads(draw: st.DrawFn, kind: str) -> dict[str, Any]:
    redirect = draw(st.booleans())
    payload: dict[str, Any] = {"Type": "Redirect" if redirect else "Credential"}
    identifier, team = draw(st.sampled_from(EXTENSIONS)), draw(st.sampled_from(TEAMS))
    if kind == "declaration" and draw(st.sampled_from([True, True, False])):
        forms = [identifier, f"{identifier} ({team})", f"{identifier} ({team})", f"{identifier} "]
        payload["ExtensionComposedIdentifier"] = draw(st.sampled_from(forms))
    else:
        payload["ExtensionIdentifier"] = identifier
        if draw(st.sampled_from([True, True, True, False])):
            payload["TeamIdentifier"] = team
    if redirect or draw(one_in(12)):
        payload["URLs"] = mostly_unique(draw, urls())
    if not redirect or draw(one_in(12)):
        payload["Hosts"] = mostly_unique(draw, hosts())
    if draw(one_in(3)):
        payload["Realm"] = draw(st.sampled_from(REALMS))
    if draw(one_in(3)):
        behaviors = ["Cancel", "DoNotHandle", "DoNotHandle", "DoNotHandle"]
        payload["ScreenLockedBehavior"] = draw(st.sampled_from(behaviors))
    if draw(one_in(3)):
        denied = st.lists(st.sampled_from(APPS + EXTENSIONS), max_size=3)
        payload["DeniedBundleIdentifiers"] = draw(denied)
    if draw(one_in(3)):
        payload |= draw(platform_sso_keys())
    if draw(one_in(16)):
        draw_damage(draw, payload)
    return payload


def draw_damage(draw: st.DrawFn, payload: dict[str, Any]) -> None:
    """Take a key away, or give one a value that it must not have (or that does not matter)."""
    if draw(st.booleans()):
        del payload[draw(st.sampled_from(sorted(payload)))]
        return
    names = [*payload, "Realm", "ScreenLockedBehavior", "DeniedBundleIdentifiers", "TeamIdentifier"]
    names += [
        "ExtensionData",
        "AuthenticationMethod",
        "RegistrationToken",
        "PlatformSSO",
        "Unknown",
    ]
    values: list[Any] = [
        "",
        1,
        "x",
        [],
        {},
        [""],
        ["", 1],
        [1, "https://h.example/"],
        True,
        "Cancel",
    ]
    payload[draw(st.sampled_from(names))] = draw(st.sampled_from(values))


@st.composite
def profiles(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(st.sampled_from(["profile"] * 7 + ["declaration"]))
    counts = [1] if kind == "declaration" else [1, 1, 1, 1, 2, 2, 2, 3, 3, 0]
    return {
        "identifier": draw(st.sampled_from([None, "one", "two", "three", "four", "five", "One"])),
        "channel": draw(st.sampled_from(["device", "device", "device", "user"])),
        "kind": kind,
        "payloads": some(draw, payloads(kind), counts),
    }


@st.composite
def installed_extensions(draw: st.DrawFn) -> list[Any]:
    named = st.builds(
        lambda bundle, team: {"bundle_id": bundle, "team_id": team},
        st.sampled_from(EXTENSIONS),
        st.sampled_from(TEAMS),
    )
    return draw(
        st.lists(st.one_of(named, named, st.sampled_from(EXTENSIONS)), min_size=1, max_size=5)
    )


@st.composite
def associated_domains(draw: st.DrawFn) -> dict[str, dict[str, str]]:
    states = st.sampled_from(["approved", "not_approved", "not_approved"])
    random = st.dictionaries(st.sampled_from(DOMAINS), states, min_size=1, max_size=4)
    refused = st.just(dict.fromkeys(DOMAINS, "not_approved"))
    found = {}
    for extension in EXTENSIONS:
        if draw(st.booleans()):
            found[extension] = draw(st.one_of(refused, random))
    return found


@st.composite
def worlds(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a world with every feature."""
    platform = draw(st.sampled_from(PLATFORMS))
    return {
        "platform": platform,
        "version": draw(st.sampled_from(VERSIONS[platform])),
        "matching": draw(st.sampled_from(["system", "strict"])),
        "installed_extensions": draw(installed_extensions()) if draw(one_in(6)) else None,
        "associated_domains": draw(associated_domains()) if draw(one_in(3)) else {},
        "apple_account_urls": draw(st.lists(st.sampled_from(APPLE_URLS), max_size=2, unique=True))
        if draw(one_in(4))
        else [],
        "profiles": some(draw, profiles(), [2, 2, 3, 3, 3, 4, 4, 4, 1, 1, 0]),
    }


def strings_of(world: Mapping[str, Any], key: str) -> list[str]:
    """Collect the strings under a key of the payloads, whether it holds one or an array."""
    found: list[str] = []
    for profile in world["profiles"]:
        for payload in profile["payloads"]:
            value = payload.get(key)
            values = value if isinstance(value, list) else [value]
            found += [text for text in values if isinstance(text, str)]
    return list(dict.fromkeys(found))


def filled(draw: st.DrawFn, prefix: str) -> str:
    """Replace the wildcards of a prefix by what they may stand for."""
    text = prefix
    while "*" in text:
        text = text.replace("*", draw(st.sampled_from(["42", "", "a/b", "x?y=", "A"])), 1)
    return text.replace("?", draw(st.sampled_from(["?", "?", "z", ""])))


@st.composite
def redirect_urls(draw: st.DrawFn, prefixes: list[str]) -> str:
    prefix = draw(st.sampled_from(prefixes))
    url = filled(draw, prefix) if draw(st.booleans()) else prefix
    if draw(one_in(10)):
        url = url[: draw(st.integers(0, len(url)))]
    if draw(one_in(6)):
        url = draw(st.sampled_from([url.lower(), url.upper(), url.swapcase()]))
    if draw(one_in(8)):
        url = changed_authority(draw, url)
    return url + draw(st.sampled_from(["", "/", "x", "?q", "#f"] * 6 + TAILS))


def changed_authority(draw: st.DrawFn, url: str) -> str:
    scheme, mark, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    change = draw(st.sampled_from(["scheme", "userinfo", "port", "label", "suffix"]))
    if change == "scheme":
        scheme = draw(st.sampled_from(SCHEMES))
    if change == "userinfo":
        host = draw(st.sampled_from(USERINFOS)) + host
    if change == "port":
        host += draw(st.sampled_from([":", ":443", ":80", ":8443", ":99999", ":0443", ":x"]))
    if change == "label":
        host = draw(st.sampled_from(LABELS)) + host
    if change == "suffix":
        host += draw(st.sampled_from([".", ".evil.test", "x", "\\", "%00", "\t"]))
    return scheme + mark + host + slash + path


@st.composite
def host_urls(draw: st.DrawFn, entries: list[str]) -> str:
    """Draw a URL, or a question to the `host` scheme, whose host is near one of the entries."""
    host = draw(st.sampled_from(entries))
    if host.startswith(".") and draw(st.sampled_from([True, True, True, False])):
        host = draw(st.sampled_from(["x", "a.b", "a", ""])) + host
    if host.count(":") > 1 and not host.startswith("["):
        host = f"[{host}]"
    if draw(one_in(5)):
        host = draw(st.sampled_from([host.upper(), host.swapcase()]))
    scheme = draw(st.sampled_from(["https"] * 12 + ["host"] * 8 + SCHEMES))
    url = f"{scheme}://{host}"
    if draw(one_in(5)):
        url = changed_authority(draw, url)
    return url + draw(st.sampled_from(["", "/", "/", "/x", "?q"] * 8 + TAILS))


@st.composite
def special_urls(draw: st.DrawFn, world: Mapping[str, Any]) -> str:
    identifiers = strings_of(world, "ExtensionIdentifier") + EXTENSIONS
    scheme = draw(st.sampled_from(["ssoid"] * 4 + ["realm"] * 4 + ["SSOID", "Realm"]))
    if scheme.lower() == "ssoid":
        name = draw(st.sampled_from(identifiers))
    else:
        name = draw(st.sampled_from([*strings_of(world, "Realm"), "0", "1", "2", "3", "01"]))
    if draw(one_in(6)):
        name = name.swapcase()
    mark = draw(st.sampled_from(["://"] * 8 + [":", ":/", "://u@"]))
    return scheme + mark + name + draw(st.sampled_from([""] * 6 + ["/", ":1", "?x", "\u00e9", " "]))


@st.composite
def requests_for(draw: st.DrawFn, world: Mapping[str, Any]) -> dict[str, Any]:
    """Draw a request that has a good chance to meet something in the world."""
    prefixes = strings_of(world, "URLs") + list(world.get("apple_account_urls") or [])
    entries = strings_of(world, "Hosts")
    kinds = ["redirect"] * 9 * bool(prefixes) + ["host"] * 7 * bool(entries)
    kinds += ["special", "special", "other"]
    kind = draw(st.sampled_from(kinds))
    codes = [0] * 8 + [302, 401, 407]
    if kind == "redirect":
        url = draw(redirect_urls(prefixes))
    elif kind == "host":
        url = draw(host_urls(entries))
        codes = [401] * 6 + [407] * 3 + [0, 404]
    elif kind == "special":
        url = draw(special_urls(world))
    else:
        url = draw(
            st.one_of(urls(), st.sampled_from(["", ":", "https://", "x:y", "://h.example/"]))
        )
    denied = strings_of(world, "DeniedBundleIdentifiers")
    extensions = strings_of(world, "ExtensionIdentifier")
    callers = denied * 2 + extensions * 2 + EXTENSIONS + APPS
    locked = draw(one_in(3))
    return {
        "url": url,
        "caller": draw(st.sampled_from(callers)) if draw(one_in(2)) else None,
        "response_code": draw(st.sampled_from(codes)),
        "screen_locked": locked,
        "user_interface_enabled": draw(st.sampled_from([True, True, True, False])),
        "background_session": draw(one_in(4)),
    }
