"""What the rules check: the profiles as one target reads them, each value with its place.

The views also have values that a device refuses, because the rules report them. `Subject.router`
has what a device makes of the profiles.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from ssoroute.checks.separators import joined_values
from ssoroute.checks.templates import has_placeholder
from ssoroute.checks.vendor_table import Product, product_of
from ssoroute.install.effective_keys import EffectiveKeys, effective_keys
from ssoroute.install.read_payload import split_composed_identifier
from ssoroute.model.decision import Reason
from ssoroute.model.device import Device
from ssoroute.model.patterns import HostPattern, Rule, URLPrefix
from ssoroute.model.payload import Extension
from ssoroute.model.platforms import Feature
from ssoroute.model.profile import PayloadDictionary, Profile, ProfileKind, Value
from ssoroute.model.request import Request
from ssoroute.model.source import Source
from ssoroute.model.urls import MalformedURLError, host_text, split_prefix
from ssoroute.routing.router import Router

__all__ = ["Entry", "PayloadView", "Subject"]

#: The router tries prefixes with a `*` one by one, so witnesses cost that many tries each.
_MOST_TRIES: Final = 1_000_000
_TYPES: Final = {"redirect": "Redirect", "credential": "Credential"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One string of `URLs` or `Hosts` as written.

    For a URL, `prefix` is what the system makes of it. If the system refuses it, `prefix` is None
    and `fault` says why. `is_template` says that it still has a placeholder. `values`
    are the values that the string joins, empty if it is one.
    """

    text: str
    source: Source
    prefix: URLPrefix | None = None
    fault: str = ""
    is_template: bool = False
    values: tuple[str, ...] = ()

    @property
    def is_usable(self) -> bool:
        """Whether it is one value as the device gets it: no placeholder, list or white space."""
        return not self.is_template and not self.values and self.text == self.text.strip()


class PayloadView:
    """One payload dictionary on one target."""

    def __init__(
        self, dictionary: PayloadDictionary, profile: Profile, device: Device, parsed: _Parsed
    ) -> None:
        self.dictionary = dictionary
        self.profile = profile
        self.device = device
        self.source = dictionary.source
        self._parsed = parsed

    @cached_property
    def keys(self) -> EffectiveKeys:
        """The effective value of every key of the payload."""
        return effective_keys(self.dictionary, self.profile, self.device)

    @property
    def target(self) -> str:
        """The target in words: `macOS 15.4`."""
        return str(self.device)

    @property
    def content(self) -> Mapping[str, Value]:
        """The payload dictionary as written."""
        return self.dictionary.content

    @property
    def is_declaration(self) -> bool:
        """Whether it is a declaration, which has the keys in other places."""
        return self.profile.kind is ProfileKind.DECLARATION

    @cached_property
    def type(self) -> str | None:
        """`Redirect` or `Credential`, also if it is misspelt: other rules still apply then."""
        written = self.content.get("Type")
        return _TYPES.get(written.strip().lower()) if isinstance(written, str) else None

    @cached_property
    def extension(self) -> Extension | None:
        """The extension that it names, or None."""
        composed = self.content.get("ExtensionComposedIdentifier")
        if self.is_declaration and isinstance(composed, str):
            return split_composed_identifier(composed)
        bundle_id = self.content.get("ExtensionIdentifier")
        team_id = self.content.get("TeamIdentifier")
        if not isinstance(bundle_id, str) or not bundle_id:
            return None
        return Extension(bundle_id, team_id if isinstance(team_id, str) and team_id else None)

    @cached_property
    def product(self) -> Product | None:
        """What vendors document about its extension, or None."""
        return product_of(self.extension.bundle_id) if self.extension else None

    @cached_property
    def prefixes(self) -> tuple[Entry, ...]:
        """The strings of `URLs` of a Redirect payload."""
        if self.type != "Redirect":
            return ()
        return tuple(self._parsed.entry(text, place) for text, place in self._strings("URLs"))

    @cached_property
    def hosts(self) -> tuple[Entry, ...]:
        """The strings of `Hosts` of a Credential payload."""
        if self.type != "Credential":
            return ()
        return tuple(
            Entry(
                text,
                place,
                is_template=has_placeholder(text),
                values=joined_values(text, "Hosts"),
            )
            for text, place in self._strings("Hosts")
        )

    @cached_property
    def method(self) -> str | None:
        """The authentication method of Platform SSO as written, or None."""
        inner = self.keys["PlatformSSO.AuthenticationMethod"]
        row = inner if inner.source is not None else self.keys["AuthenticationMethod"]
        return row.written if isinstance(row.written, str) and row.written else None

    def items(self, key: str) -> list[tuple[Value, Source]]:
        """The items of the array under the top-level `key`; empty if it is not an array."""
        value = self.content.get(key)
        place = self.source.key(key)
        if not isinstance(value, tuple):
            return []
        return [(item, place.item(index)) for index, item in enumerate(value)]

    def _strings(self, key: str) -> list[tuple[str, Source]]:
        return [(item, place) for item, place in self.items(key) if isinstance(item, str) and item]


class _Parsed:
    """URL prefixes by place: those of installed payloads unchanged, all others parsed here."""

    def __init__(self, router: Router) -> None:
        self._installed = {
            rule.source: rule
            for installed in router.installation.installed
            for payload in installed.payloads
            for rule in payload.rules
            if isinstance(rule, URLPrefix)
        }

    def entry(self, text: str, source: Source) -> Entry:
        is_template = has_placeholder(text)
        prefix, fault = self._installed.get(source), ""
        if prefix is None or prefix.text != text:
            try:
                prefix = URLPrefix(text, source, parts=split_prefix(text))
            except MalformedURLError as error:
                prefix, fault = None, str(error)
        return Entry(text, source, prefix, fault, is_template, joined_values(text, "URLs"))


class Subject:
    """A set of profiles on one target."""

    def __init__(self, profiles: Sequence[Profile], device: Device) -> None:
        self.device = device
        self.profiles = tuple(profiles)
        self.router = Router.from_profiles(self.profiles, device=device)
        parsed = _Parsed(self.router)
        #: The payloads that the target reads, in order.
        self.payloads = tuple(
            PayloadView(dictionary, profile, device, parsed)
            for profile in self.profiles
            if self.knows(profile)
            for dictionary in profile.payloads
        )
        self._wildcards = sum(
            isinstance(rule, URLPrefix) and rule.has_wildcard
            for payload in self.router.activation.active
            for rule in payload.rules
        )
        self._tries_left = _MOST_TRIES
        self._alone: dict[tuple[type[Rule], str], Router] = {}
        self._refused = {refusal.profile.source.file for refusal in self.router.refused}

    @property
    def name(self) -> str:
        """The target in words: `macOS 15.4`."""
        return str(self.device)

    def knows(self, profile: Profile) -> bool:
        """Whether the target reads payloads at all, and declarations if `profile` is one."""
        is_declaration = profile.kind is ProfileKind.DECLARATION
        return self.device.knows(Feature.PAYLOAD) and (
            not is_declaration or self.device.knows(Feature.DECLARATION)
        )

    def confirmed(self, request: Request | None, *entries: Rule) -> Request | None:
        """`request` if all of `entries` match it and the router sends it to one of them.

        If their profiles are refused, each of them alone must get it. The answer is None if the
        router has too many prefixes with a `*` to be asked again.
        """
        if request is None or not all(self._matches(entry, request) for entry in entries):
            return None
        if self._wildcards > self._tries_left:
            return None
        self._tries_left -= self._wildcards
        rule = self.router.route(request.url, response_code=request.response_code).rule
        if rule is not None and rule.source in {entry.source for entry in entries}:
            return request
        if all(entry.source is None or entry.source.file in self._refused for entry in entries):
            code = request.response_code
            alone = (self.alone(entry) for entry in entries)
            if all(router.route(request.url, response_code=code).rule for router in alone):
                return request
        return None

    def alone(self, entry: Rule) -> Router:
        """A router on the same device in which `entry` is the only rule."""
        key = type(entry), entry.text
        if key not in self._alone:
            self._alone[key] = _router_of(entry, self.device)
        return self._alone[key]

    def confirmed_by_system(self, request: Request | None, rule: Rule) -> Request | None:
        """`request` if `rule` matches it and the router gives it to the system's own extension."""
        if request is None or not isinstance(rule, URLPrefix):
            return None
        decision = self.router.route(request.url, response_code=request.response_code)
        is_taken = decision.reason is Reason.SYSTEM_EXTENSION
        return request if is_taken and self._matches(rule, request) else None

    def _matches(self, entry: Rule, request: Request) -> bool:
        if isinstance(entry, URLPrefix):
            return entry.matches(request.url, wildcards=self.device.matches_wildcards)
        return entry.matches(host_text(request.url))


def _router_of(entry: Rule, device: Device) -> Router:
    is_host = isinstance(entry, HostPattern)
    content: dict[str, Value] = {
        "ExtensionIdentifier": "com.example.sso",
        "TeamIdentifier": "EXAMPLE123",
        "Type": "Credential" if is_host else "Redirect",
        "Hosts" if is_host else "URLs": (entry.text,),
    }
    place = Source("<one entry>")
    profile = Profile((PayloadDictionary(content, place),), place)
    return Router.from_profiles([profile], device=device)
