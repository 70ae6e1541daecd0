"""The routing rules a second time: slow, linear and plain, to hold the library against.

Written from the description of the behaviour alone; nothing of `ssoroute` is imported here. Every
question installs the whole world from nothing and walks every payload. Plain data in, plain data
out; the shapes of `world` and `request` are described in `tests/cases/README.md`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import idna

World = Mapping[str, Any]
Request = Mapping[str, Any]
Code = int | None

SSO_DOMAIN = "MCExtensibleSingleSignOnErrorDomain"
PAYLOAD_DOMAIN = "MCPayloadErrorDomain"

# ---------------------------------------------------------------------------------------------
# §8 versions

EVERYWHERE = {"macOS": "10.15", "iOS": "13.0", "visionOS": "1.1"}
LOCKED_AND_DENIED = {"macOS": "12.0", "iOS": "15.0", "visionOS": "1.1"}

KEYS: dict[str, dict[str, str]] = {
    "ExtensionIdentifier": EVERYWHERE,
    "TeamIdentifier": {"macOS": "10.15"},
    "Type": EVERYWHERE,
    "Realm": EVERYWHERE,
    "ExtensionData": EVERYWHERE,
    "URLs": EVERYWHERE,
    "Hosts": EVERYWHERE,
    "ScreenLockedBehavior": LOCKED_AND_DENIED,
    "DeniedBundleIdentifiers": LOCKED_AND_DENIED,
    "AuthenticationMethod": {"macOS": "13.0"},
    "RegistrationToken": {"macOS": "13.0"},
    "PlatformSSO": {"macOS": "14.0"},
}
DECLARATIONS = {"macOS": "27.0", "iOS": "27.0", "visionOS": "27.0"}
WILDCARDS = {"macOS": "15", "iOS": "18", "visionOS": "2"}
METHODS = {
    "Password": "13.0",
    "UserSecureEnclaveKey": "13.0",
    "SmartCard": "13.0",
    "AccessKey": "26.0",
    "OpenID": "27.0",
}


def version_parts(version: str) -> list[int]:
    """Give `15.0.0` and `15` the same parts, so that lists compare as versions do."""
    parts = [int(part) for part in version.split(".")]
    while parts and parts[-1] == 0:
        parts.pop()
    return parts


def at_least(version: str, minimum: str) -> bool:
    return version_parts(version) >= version_parts(minimum)


def platform_of(world: World) -> str:
    name = str(world["platform"])
    return "iOS" if name == "iPadOS" else name


def is_known(world: World, introduced: Mapping[str, str]) -> bool:
    """Say whether the world's system is one of these, and new enough."""
    minimum = introduced.get(platform_of(world))
    return minimum is not None and at_least(world["version"], minimum)


# ---------------------------------------------------------------------------------------------
# Text


def fold(text: str) -> str:
    """Lower-case A to Z and nothing else: only ASCII case is ever folded."""
    return "".join(chr(ord(c) + 32) if "A" <= c <= "Z" else c for c in text)


def glob_matches(pattern: str, text: str) -> bool:
    """Match the whole text: `*` is any run, also empty; `?` is exactly one character."""
    places = {0}
    for character in pattern:
        if character == "*":
            places = {at for start in places for at in range(start, len(text) + 1)}
        else:
            places = {at + 1 for at in places if at < len(text) and (character in ("?", text[at]))}
    return len(text) in places


def authority_and_rest(url: str) -> tuple[str, str] | None:
    """Cut a URL, as text, after `://` and before the next `/`, `?` or `#`."""
    _, mark, rest = url.partition("://")
    if not mark:
        return None
    end = 0
    while end < len(rest) and rest[end] not in "/?#":
        end += 1
    return rest[:end], rest[end:]


def host_text(url: str) -> str | None:
    """Find the host of a request as text; None if it has none (§4.2)."""
    cut = authority_and_rest(url)
    if cut is None:
        return None
    host = ""
    inside = False
    for character in cut[0].rpartition("@")[2]:
        if character == ":" and not inside:
            break
        if character == "[":
            inside = True
        if character == "]":
            inside = False
        host += character
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    return host or None


@dataclass(frozen=True)
class URLParts:
    scheme: str
    userinfo: str | None
    host: str
    port: str | None
    path: str


def parse_prefix(text: str) -> URLParts | None:
    """Split an item of `URLs`; None is what gives 54000."""
    if not re.fullmatch(r"([A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*", text):
        return None
    split = re.fullmatch(
        r"(?P<scheme>[^:/?#]+)://(?P<authority>[^/?#]*)(?P<path>[^?#]*)"
        r"(\?(?P<query>[^#]*))?(#(?P<fragment>.*))?",
        text,
    )
    if split is None or fold(split["scheme"]) not in ("http", "https"):
        return None
    if split["query"] or split["fragment"]:
        return None
    parts = re.fullmatch(
        r"((?P<userinfo>[^@\[\]]*)@)?(?P<host>[^@:\[\]]+|\[[^@\[\]]+\])(:(?P<port>[0-9]*))?",
        split["authority"],
    )
    if parts is None:
        return None
    host = parts["host"]
    if host.startswith("[") and not is_ip_literal(host[1:-1]):
        return None
    return URLParts(split["scheme"], parts["userinfo"], host, parts["port"], split["path"])


def is_ip_literal(text: str) -> bool:
    """Recognise what RFC 3986 (and RFC 6874, for zones) allows between the brackets of a host."""
    if re.fullmatch(r"[vV][0-9A-Fa-f]+\.[A-Za-z0-9._~!$&'()*+,;=:-]+", text):
        return True
    address, mark, zone = text.partition("%25")
    if mark and not re.fullmatch(r"([A-Za-z0-9._~-]|%[0-9A-Fa-f]{2})+", zone):
        return False
    return is_ipv6(address)


def is_ipv6(text: str) -> bool:
    halves = text.split("::")
    if len(halves) > 2:
        return False
    groups = [half.split(":") if half else [] for half in halves]
    last = groups[-1]
    size = sum(len(half) for half in groups)
    if last and "." in last[-1]:
        if not is_ipv4(last.pop()):
            return False
        size += 1
    for half in groups:
        for group in half:
            if not re.fullmatch(r"[0-9A-Fa-f]{1,4}", group):
                return False
    return size == 8 if len(halves) == 1 else size <= 7


def is_ipv4(text: str) -> bool:
    numbers = text.split(".")
    return len(numbers) == 4 and all(
        re.fullmatch(r"0|[1-9][0-9]{0,2}", number) and int(number) <= 255 for number in numbers
    )


def url_claim(url: URLParts) -> str:
    """Build the uniqueness key of a URL (§2)."""
    userinfo = "" if url.userinfo is None else url.userinfo + "@"
    port = "" if url.port is None else ":" + url.port
    return f"{fold(url.scheme)}://{userinfo}{fold(url.host)}{port}{url.path or '/'}"


def host_claim(host: str) -> str:
    """Build the uniqueness key of a host (§2)."""
    return host.lower()


def domain_of(url: URLParts) -> str:
    """Name the prefix's host as an `authsrv:` entry does."""
    default = "443" if fold(url.scheme) == "https" else "80"
    if url.port and url.port != default:
        return f"{fold(url.host)}:{url.port}"
    return fold(url.host)


# ---------------------------------------------------------------------------------------------
# Payloads


@dataclass(frozen=True)
class Payload:
    """One payload, with only the keys that its system knows."""

    profile: int
    index: int
    keys: Mapping[str, Any]
    team: str | None
    entries: tuple[tuple[int, str], ...] = ()

    @property
    def type(self) -> str | None:
        given = self.keys.get("Type")
        return given if given in ("Redirect", "Credential") else None

    @property
    def identifier(self) -> str:
        return str(self.keys["ExtensionIdentifier"])

    @property
    def list_key(self) -> str | None:
        return {"Redirect": "URLs", "Credential": "Hosts", None: None}[self.type]

    @property
    def listed(self) -> list[Any] | None:
        """The array that this Type reads, whatever it holds; None if it is absent."""
        values = self.keys.get(self.list_key) if self.list_key else None
        return values if isinstance(values, list) else None

    @property
    def strings(self) -> list[str]:
        return [value for value in self.listed or [] if isinstance(value, str)]


def is_text(value: object) -> bool:
    return isinstance(value, str) and value != ""


def read_payload(world: World, profile_index: int, payload_index: int) -> Payload:
    profile = world["profiles"][profile_index]
    written = profile["payloads"][payload_index]
    keys = {
        key: value for key, value in written.items() if key in KEYS and is_known(world, KEYS[key])
    }
    team = written.get("TeamIdentifier")
    if profile.get("kind", "profile") == "declaration":
        # Neither has a place at the top of a declaration.
        keys.pop("AuthenticationMethod", None)
        keys.pop("RegistrationToken", None)
        if "ExtensionComposedIdentifier" in written:
            keys.pop("TeamIdentifier", None)
            identifier, team = split_composed(written["ExtensionComposedIdentifier"])
            keys["ExtensionIdentifier"] = identifier
            if team is not None and is_known(world, KEYS["TeamIdentifier"]):
                keys["TeamIdentifier"] = team
    return Payload(profile_index, payload_index, keys, team if is_text(team) else None)


def split_composed(value: object) -> tuple[str | None, str | None]:
    """Split `bundle.id` or `bundle.id (TEAM)`; None, None for any other shape."""
    if not isinstance(value, str):
        return None, None
    found = re.fullmatch(r"([^\s()]+)(?: \(([^\s()]+)\))?", value)
    return (found[1], found[2]) if found else (None, None)


def malformed_keys(payload: Payload) -> list[str]:
    """Name every key that makes the payload malformed, each once."""
    keys = payload.keys
    wrong = [key for key in ("Type", "ExtensionIdentifier") if key not in keys]
    strings = [
        "Type",
        "ExtensionIdentifier",
        "TeamIdentifier",
        "ScreenLockedBehavior",
        "AuthenticationMethod",
        "RegistrationToken",
    ]
    if payload.type == "Credential":
        strings.append("Realm")
    wrong += [key for key in strings if key in keys and not is_text(keys[key])]
    if is_text(keys.get("Type")) and payload.type is None:
        wrong.append("Type")
    behavior = keys.get("ScreenLockedBehavior")
    if is_text(behavior) and behavior not in ("Cancel", "DoNotHandle"):
        wrong.append("ScreenLockedBehavior")
    denied = keys.get("DeniedBundleIdentifiers", [])
    if not isinstance(denied, list) or not all(is_text(item) for item in denied):
        wrong.append("DeniedBundleIdentifiers")
    if not isinstance(keys.get("ExtensionData", {}), dict):
        wrong.append("ExtensionData")
    if payload.list_key and (
        not payload.listed or not all(isinstance(item, str) for item in payload.listed)
    ):
        wrong.append(payload.list_key)
    return wrong


def claims_of(payload: Payload) -> list[tuple[str, str]]:
    """List what the payload claims: one item per entry that is parsable, in order."""
    if payload.type == "Redirect":
        parsed = [parse_prefix(text) for text in payload.strings]
        return [("URL", url_claim(url)) for url in parsed if url is not None]
    if payload.type == "Credential":
        return [("host", host_claim(text)) for text in payload.strings if text]
    return []


def is_platform_sso(world: World, payload: Payload) -> bool:
    if platform_of(world) != "macOS" or payload.type != "Redirect":
        return False
    subkeys = payload.keys.get("PlatformSSO")
    if isinstance(subkeys, dict) and "AuthenticationMethod" in subkeys:
        method = subkeys["AuthenticationMethod"]
    else:
        method = payload.keys.get("AuthenticationMethod")
    return (
        isinstance(method, str)
        and method in METHODS
        and at_least(world["version"], METHODS[method])
    )


def shares_device_keys(payload: Payload) -> bool:
    subkeys = payload.keys.get("PlatformSSO")
    return isinstance(subkeys, dict) and subkeys.get("UseSharedDeviceKeys") is True


# ---------------------------------------------------------------------------------------------
# §2 installing


@dataclass(frozen=True)
class Profile:
    index: int
    identifier: str | None
    payloads: tuple[Payload, ...]


@dataclass(frozen=True)
class Refusal:
    profile: int
    codes: tuple[Code, ...]


def own_codes(payload: Payload) -> list[Code]:
    """List what is wrong with a payload by itself: malformed keys, then values, then repeats."""
    redirect = payload.type == "Redirect"
    codes: list[Code] = [2004 for _ in malformed_keys(payload)]
    for text in payload.strings:
        if redirect and parse_prefix(text) is None:
            codes.append(54000)
        if not redirect and text == "":
            codes.append(54001)
    claims = claims_of(payload)
    for at, claim in enumerate(claims):
        if claim in claims[:at]:
            codes.append(54004 if redirect else 54006)
    return codes


def examine(world: World, profile: Profile, beside: Sequence[Profile]) -> list[Code]:
    """List every reason to refuse the profile, given the others of its channel."""
    installed = [payload for other in beside for payload in other.payloads]
    claimed = {claim for payload in installed for claim in claims_of(payload)}
    has_platform_sso = any(is_platform_sso(world, payload) for payload in installed)
    codes: list[Code] = []
    for payload in profile.payloads:
        codes += own_codes(payload)
        claims = claims_of(payload)
        taken = 54005 if payload.type == "Redirect" else 54007
        codes += [taken for claim in claims if claim in claimed]
        claimed.update(claims)
        if is_platform_sso(world, payload):
            if has_platform_sso:
                codes.append(None)
            has_platform_sso = True
    return codes


def channel_of(world: World, profile: Mapping[str, Any]) -> str:
    if platform_of(world) != "macOS":
        return "device"
    return str(profile.get("channel", "device"))


def install(world: World) -> tuple[dict[str, list[Profile]], list[Refusal]]:
    """Install every profile, one after another; say what each channel holds, and what failed."""
    channels: dict[str, list[Profile]] = {"device": [], "user": []}
    refused: list[Refusal] = []
    if not is_known(world, EVERYWHERE):
        return channels, refused
    for index, written in enumerate(world["profiles"]):
        if written.get("kind", "profile") == "declaration" and not is_known(world, DECLARATIONS):
            continue
        payloads = tuple(read_payload(world, index, at) for at in range(len(written["payloads"])))
        profile = Profile(index, written.get("identifier"), payloads)
        channel = channel_of(world, written)
        others = [
            other
            for other in channels[channel]
            if profile.identifier is None or other.identifier != profile.identifier
        ]
        codes = examine(world, profile, others)
        if codes:
            refused.append(Refusal(index, tuple(codes)))
        else:
            channels[channel] = [*others, profile]
    return channels, refused


def refusals(world: World) -> list[dict[str, Any]]:
    """List the refused profiles in the order in which they were to be installed."""
    return [
        {
            "profile": refusal.profile,
            "code": refusal.codes[0],
            "domain": PAYLOAD_DOMAIN if refusal.codes[0] == 2004 else SSO_DOMAIN,
            "codes": list(refusal.codes),
        }
        for refusal in install(world)[1]
    ]


# ---------------------------------------------------------------------------------------------
# §2 channels, §3 what is active


def merge_channels(world: World, channels: Mapping[str, Sequence[Profile]]) -> list[Payload]:
    device = [payload for profile in channels["device"] for payload in profile.payloads]
    user = [payload for profile in channels["user"] for payload in profile.payloads]
    if platform_of(world) != "macOS" or not at_least(world["version"], "11.0"):
        return device
    user = [
        payload
        for payload in user
        if not (is_platform_sso(world, payload) and shares_device_keys(payload))
    ]
    if not user or not device:
        return user or device
    kept = [payload for payload in device if is_platform_sso(world, payload)]
    for platform_sso in kept:
        same = [payload for payload in user if payload.identifier == platform_sso.identifier]
        if same:
            user.remove(same[0])
    return user + kept


def is_installed(world: World, payload: Payload) -> bool:
    extensions = world.get("installed_extensions")
    if extensions is None:
        return True
    for extension in extensions:
        if isinstance(extension, str):
            bundle, team = extension, None
        else:
            bundle, team = extension["bundle_id"], extension.get("team_id")
        if bundle != payload.identifier:
            continue
        if platform_of(world) != "macOS" or team is None or team == payload.team:
            return True
    return False


def approvals_of(world: World, payload: Payload) -> Mapping[str, str]:
    given: Mapping[str, Mapping[str, str]] = world.get("associated_domains") or {}
    return given.get(payload.identifier, {})


def prefix_survives(approvals: Mapping[str, str], text: str) -> bool:
    url = parse_prefix(text)
    assert url is not None, "an installed URL is parsable"
    if url.scheme not in ("http", "https") or "*" in url.host or "?" in url.host:
        return False
    some_approved = "approved" in approvals.values()
    return not (approvals.get(domain_of(url)) == "not_approved" and some_approved)


def active_payloads(world: World) -> list[Payload]:
    """List what the system would look at, in order, each with the entries it is left with."""
    active = []
    for payload in merge_channels(world, install(world)[0]):
        if not is_installed(world, payload):
            continue
        entries = list(enumerate(payload.strings))
        if payload.type == "Redirect":
            approvals = approvals_of(world, payload)
            entries = [entry for entry in entries if prefix_survives(approvals, entry[1])]
        if entries:
            active.append(replace(payload, entries=tuple(entries)))
    return active


def gate_is_closed(world: World, payload: Payload) -> bool:
    """Say whether the extension is known to have no approved domain (§5 row 4)."""
    if payload.type != "Redirect":
        return False
    approvals = approvals_of(world, payload)
    if "approved" in approvals.values():
        return False
    for _, text in payload.entries:
        url = parse_prefix(text)
        assert url is not None, "an installed URL is parsable"
        if approvals.get(domain_of(url)) != "not_approved":
            return False
    return True


# ---------------------------------------------------------------------------------------------
# §4 selecting


def prefix_matches(prefix: str, url: str, *, wildcards: bool) -> bool:
    if wildcards and "*" in prefix:
        return glob_matches(fold(prefix) + "*", fold(url))
    return fold(url).startswith(fold(prefix))


def host_matches(entry: str, host: str) -> bool:
    entry, host = fold(entry), fold(host)
    if entry.startswith("."):
        return host.endswith(entry) and host != entry
    return host == entry


@dataclass(frozen=True)
class Selection:
    payload: Payload
    entry: tuple[int, str] | None


def first_entry(world: World, payload: Payload, url: str) -> tuple[int, str] | None:
    """Find the first listed entry that matches the URL (Redirect) or its host (Credential)."""
    host = host_text(url)
    wildcards = is_known(world, WILDCARDS)
    for entry in payload.entries:
        if payload.type == "Redirect":
            if prefix_matches(entry[1], url, wildcards=wildcards):
                return entry
        elif host is not None and host_matches(entry[1], host):
            return entry
    return None


def select(world: World, url: str, response_code: int) -> Selection | None:
    active = active_payloads(world)
    credentials = [payload for payload in active if payload.type == "Credential"]
    redirects = [payload for payload in active if payload.type == "Redirect"]
    scheme = scheme_of(url)
    if scheme == "ssoid":
        return next((Selection(p, None) for p in active if p.identifier == host_text(url)), None)
    if scheme == "realm":
        return select_realm(credentials, host_text(url))
    credential_mode = scheme == "host" or response_code in (401, 407)
    for payload in credentials if credential_mode else redirects:
        entry = first_entry(world, payload, url)
        if entry is not None:
            return Selection(payload, entry)
    return None


def select_realm(credentials: Sequence[Payload], realm: str | None) -> Selection | None:
    if realm is None:
        return None
    for number, payload in enumerate(credentials):
        named = payload.keys.get("Realm")
        if str(number) == realm or (named is not None and fold(named) == fold(realm)):
            return Selection(payload, None)
    return None


def scheme_of(url: str) -> str | None:
    scheme, mark, _ = url.partition(":")
    return scheme if mark else None


def is_lookalike(prefix: str, url: str, *, star_is_literal: bool = False) -> bool:
    """Say whether the match ran past the prefix's authority (§7); the prefix does match."""
    cut = authority_and_rest(prefix)
    if cut is None:
        return False
    authority, rest = cut
    if "*" in prefix and not star_is_literal:
        return "*" in authority
    return rest == "" and len(url) > len(prefix) and url[len(prefix)] not in "/?#"


# ---------------------------------------------------------------------------------------------
# §5 outcomes


def system_extension_rule(world: World, request: Request) -> str | None:
    if not is_known(world, EVERYWHERE):
        return None
    if scheme_of(request["url"]) in ("ssoid", "host", "realm"):
        return None
    if request.get("response_code", 0) in (401, 407):
        return None
    for prefix in world.get("apple_account_urls", []):
        if prefix_matches(prefix, request["url"], wildcards=False):
            return str(prefix)
    return None


def outcome_of(world: World, request: Request, payload: Payload) -> tuple[str, str]:
    """Give outcome and reason for the selected payload, in `system` mode."""
    caller = request.get("caller")
    redirect = payload.type == "Redirect"
    if caller is not None and caller == payload.identifier and redirect:
        return "do_not_handle", "caller_is_extension"
    if caller is not None and caller in payload.keys.get("DeniedBundleIdentifiers", []):
        return "do_not_handle", "caller_denied"
    if scheme_of(request["url"]) != "ssoid" and gate_is_closed(world, payload):
        return "do_not_handle", "domain_not_approved"
    if (
        request.get("screen_locked", False)
        and request.get("user_interface_enabled", True)
        and not request.get("background_session", False)
    ):
        if payload.keys.get("ScreenLockedBehavior", "Cancel") == "DoNotHandle":
            return "do_not_handle", "screen_locked"
        return "cancel", "screen_locked"
    return "handle", "url_prefix" if redirect else "host"


def system_answer(world: World, request: Request) -> dict[str, Any]:
    url = request["url"]
    result: dict[str, Any] = {
        "outcome": "do_not_handle",
        "reason": "no_match",
        "extension": None,
        "rule": None,
        "place": None,
        "lookalike": False,
    }
    if not url.isascii():
        return result
    apple = system_extension_rule(world, request)
    if apple is not None:
        lookalike = is_lookalike(apple, url, star_is_literal=True)
        changes = {"outcome": "handle", "reason": "system_extension", "rule": apple}
        return result | changes | {"lookalike": lookalike}
    selection = select(world, url, request.get("response_code", 0))
    if selection is None:
        return result
    payload = selection.payload
    outcome, reason = outcome_of(world, request, payload)
    index, rule = selection.entry or (None, None)
    return {
        "outcome": outcome,
        "reason": reason,
        "extension": {"bundle_id": payload.identifier, "team_id": payload.team},
        "rule": rule,
        "place": [payload.profile, payload.index, index],
        "lookalike": payload.type == "Redirect" and rule is not None and is_lookalike(rule, url),
    }


# ---------------------------------------------------------------------------------------------
# §6 the subset on which parsers agree, §7 strict


def label_is_plain(label: str) -> bool:
    if not re.fullmatch(r"[A-Za-z0-9_-]+", label):
        return False
    if label[2:4] != "--":
        return True
    label = fold(label)
    if not label.startswith("xn--"):
        return False
    try:
        return idna.alabel(idna.ulabel(label)).decode("ascii") == label
    except UnicodeError:
        return False


def host_is_plain(host: str) -> bool:
    labels = host.split(".")
    return all(label_is_plain(label) for label in labels) and labels[-1][0] not in "0123456789"


def port_is_plain(port: str) -> bool:
    digits = port.lstrip("0")
    return re.fullmatch(r"[0-9]*", port) is not None and (
        digits == "" or (len(digits) <= 5 and int(digits) <= 65535)
    )


def url_is_plain(url: str) -> bool:
    """Say whether the URL's authority lies in the subset on which parsers agree."""
    cut = authority_and_rest(url)
    if cut is None or fold(url.partition("://")[0]) not in ("http", "https"):
        return False
    host, mark, port = cut[0].partition(":")
    return host_is_plain(host) and (not mark or port_is_plain(port))


def holds_strictly(prefix: str, url: str) -> bool:
    """Say whether a prefix that matches the URL also holds in `strict` mode."""
    ours, theirs = authority_and_rest(prefix), authority_and_rest(url)
    if ours is None or theirs is None or "*" in prefix:
        return False
    if fold(ours[0]) != fold(theirs[0]) or "@" in ours[0]:
        return False
    wanted = re.split(r"[?#]", ours[1])[0]
    path = re.split(r"[?#]", theirs[1])[0]
    return (
        wanted in ("", path)
        or (wanted.endswith("/") and path.startswith(wanted))
        or path.startswith(wanted + "/")
    )


def answer(world: World, request: Request) -> dict[str, Any]:
    """Route one request through one world."""
    result = system_answer(world, request)
    if world.get("matching", "system") != "strict":
        return result
    if result["outcome"] != "handle" or result["rule"] is None:
        return result
    url = request["url"]
    if result["reason"] == "host":
        if scheme_of(url) == "host":
            plain = host_is_plain(host_text(url) or "")
        else:
            plain = url_is_plain(url)
    elif not holds_strictly(result["rule"], url):
        return result | {"outcome": "do_not_handle", "reason": "not_strict"}
    else:
        plain = url_is_plain(url)
    if not plain:
        return result | {"outcome": "do_not_handle", "reason": "ambiguous_url"}
    return result
