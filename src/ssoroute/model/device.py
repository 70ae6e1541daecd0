"""The device: everything outside the profiles that decides."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from ssoroute.model.errors import DeviceError
from ssoroute.model.kinds import kind_of, python_kind
from ssoroute.model.payload import Extension
from ssoroute.model.platforms import NEWEST, Feature, Platform, Version, knows, parse_os
from ssoroute.model.quoting import quote
from ssoroute.model.source import Source

__all__ = [
    "APPLE_ACCOUNT_URLS",
    "Approval",
    "Device",
    "concerns",
    "dotted_beginnings",
    "given_device",
]

#: Observed by administrators, and a reading for the rest: the system's own extension is asked
#: first for pages below these prefixes. Apple serves the list, so it can change.
APPLE_ACCOUNT_URLS: Final = ("https://appleid.apple.com/auth/authorize",)


class Approval(StrEnum):
    """Whether a site confirms an extension; what is not given is unknown."""

    APPROVED = "approved"
    NOT_APPROVED = "not_approved"


@dataclass(frozen=True, slots=True, init=False)
class Device:
    """A device, as far as it decides about requests.

    `platform` and `version` may be given as text, or together as `os="macOS@15.4"`. Without a
    version it is the newest known, without a platform macOS.
    `installed_extensions` are bundle identifiers or `Extension` values. None (the default) means
    for "all that the profiles name". `associated_domains` says per extension's bundle identifier
    and `host` or `host:port` whether the site confirms it; what it does not name is unknown. An
    identifier may also be that of the app (`com.example.app`), and may have the team in front.
    `apple_account_urls` are the URL prefixes for which the system's own extension is asked first.
    `sources` says where a fact was read: `("version",)`, `("installed_extensions", bundle_id)` or
    `("associated_domains", identifier, host)`. `DeviceError` names what is wrong.

    >>> device = Device("macos", "15.4", installed_extensions=["com.example.sso"])
    >>> device.platform, str(device.version)
    (<Platform.MACOS: 'macOS'>, '15.4')
    """

    platform: Platform
    version: Version
    installed_extensions: tuple[Extension, ...] | None
    associated_domains: Mapping[str, Mapping[str, Approval]]
    apple_account_urls: tuple[str, ...]
    sources: Mapping[tuple[str, ...], Source] = field(compare=False, repr=False)
    # The identifiers of `associated_domains` by the names that they may mean.
    _named: Mapping[int, _Named] = field(init=False, compare=False, repr=False)
    # What `domains_of` found: every prefix asks it, and identifiers can be many.
    _domains: dict[Extension, Mapping[str, Approval]] = field(init=False, compare=False, repr=False)

    def __init__(
        self,
        platform: Platform | str | None = None,
        version: Version | str | None = None,
        installed_extensions: Iterable[Extension | str] | None = None,
        associated_domains: Mapping[str, Mapping[str, Approval | str]] | None = None,
        apple_account_urls: Iterable[str] = APPLE_ACCOUNT_URLS,
        sources: Mapping[tuple[str, ...], Source] | None = None,
        *,
        os: str | None = None,
    ) -> None:
        if os is not None:
            if platform is not None or version is not None:
                raise DeviceError("`os` replaces `platform` and `version`; leave them out")
            platform, version = parse_os(os)
        if platform is None:
            platform = Platform.MACOS
        elif not isinstance(platform, Platform):
            platform = Platform.parse(platform)
        if version is None:
            version = NEWEST[platform]
        elif not isinstance(version, Version):
            version = Version.parse(version)
        _set(self, "platform", platform)
        _set(self, "version", version)
        _set(self, "installed_extensions", _extensions(installed_extensions))
        _set(self, "associated_domains", _approvals(associated_domains or {}))
        _set(self, "apple_account_urls", _prefixes(apple_account_urls))
        _set(self, "sources", dict(sources or {}))
        _set(self, "_named", _by_name(self.associated_domains))
        _set(self, "_domains", {})

    def to_json(self) -> dict[str, object]:
        """All that is known about the device, as a JSON object."""
        installed = self.installed_extensions
        return {
            "platform": self.platform.value,
            "version": str(self.version),
            "installed_extensions": None
            if installed is None
            else [extension.to_json() for extension in installed],
            "associated_domains": {
                bundle_id: {host: approval.value for host, approval in hosts.items()}
                for bundle_id, hosts in self.associated_domains.items()
            },
            "apple_account_urls": list(self.apple_account_urls),
        }

    def __str__(self) -> str:
        return f"{self.platform.value} {self.version}"

    def __hash__(self) -> int:
        # a dictionary has no hash; two devices that differ in the rest alone may share one
        return hash((self.platform, self.version, self.installed_extensions))

    def at_version(self, version: Version) -> Device:
        """The same device at another version."""
        return replace(self, version=version)

    def at_system(self, os: str) -> Device:
        """The same device with another platform and version, such as `macOS@15.4`.

        >>> print(Device("macOS", "15.4").at_system("iOS@17"))
        iOS 17.0
        """
        system = Device(os=os)
        sources = {key: where for key, where in self.sources.items() if key != ("version",)}
        return replace(self, platform=system.platform, version=system.version, sources=sources)

    def knows(self, feature: Feature) -> bool:
        """Whether this platform and version have `feature`."""
        return knows(self.platform, self.version, feature)

    def domains_of(self, extension: Extension) -> Mapping[str, Approval]:
        """What is known about the associated domains of `extension`, by `host` or `host:port`.

        Observed: an app's entry counts for its extension. If one of the two is approved, the host
        is approved.

        >>> device = Device(associated_domains={"com.example.app": {"a.example": "approved"}})
        >>> print(device.domains_of(Extension("com.example.app.sso"))["a.example"])
        approved
        """
        known = self.associated_domains
        own = known.get(extension.bundle_id)
        if len(known) == (own is not None):
            return own or {}
        if extension in self._domains:
            return self._domains[extension]
        found = self._domains[extension] = dict[str, Approval]()
        for identifier in self.identifiers_of(extension):
            for host, approval in known[identifier].items():
                if found.get(host) is not Approval.APPROVED:
                    found[host] = approval
        return found

    def identifiers_of(self, extension: Extension) -> list[str]:
        """The identifiers of `associated_domains` that concern `extension`, in their order.

        >>> known = dict.fromkeys(["com.example.app", "com.example", "com.other"], {})
        >>> Device(associated_domains=known).identifiers_of(Extension("com.example.app.sso"))
        ['com.example.app', 'com.example']
        """
        full = f"{extension.bundle_id}."
        found = {
            (place, identifier)
            for length, named in self._named.items()
            for place, identifier in named.get(full[:length], ())
            if concerns(identifier, extension)
        }
        return [identifier for _, identifier in sorted(found)]

    def approval(self, extension: Extension, host: str) -> Approval | None:
        """What is known about `extension` and `host` or `host:port`; None is unknown."""
        return self.domains_of(extension).get(host)

    def approval_source(self, extension: Extension, host: str) -> Source | None:
        """Where `approval` was read; None if that is not known."""
        approval = self.approval(extension, host)
        for identifier in self.identifiers_of(extension):
            if self.associated_domains[identifier].get(host) is approval:
                source = self.sources.get(("associated_domains", identifier, host))
                if source:
                    return source
        return None

    @property
    def system_urls(self) -> tuple[str, ...]:
        """The prefixes for which the system's own extension is asked on this version."""
        # Documented: below the introduction of the payload nothing is active.
        return self.apple_account_urls if self.knows(Feature.PAYLOAD) else ()

    @property
    def matches_wildcards(self) -> bool:
        """Whether a `*` in a URL prefix matches any run of characters."""
        return self.knows(Feature.WILDCARDS)


def given_device(
    device: Device | None,
    *,
    os: str | None = None,
    platform: Platform | str | None = None,
    version: Version | str | None = None,
) -> Device:
    """The device of a caller who gives it whole or by its system; the newest macOS without any.

    `DeviceError` if it is given in two ways, `TypeError` if `device` is not a `Device`.

    >>> print(given_device(None, os="iOS@17"))
    iOS 17.0
    """
    if device is None:
        return Device(platform, version, os=os)
    if not isinstance(device, Device):
        raise TypeError(
            f"`device` must be a Device, not {python_kind(device)};"
            ' pass os="macOS@15.4", or ssoroute.load_device(path) for a device file'
        )
    named = {"os": os, "platform": platform, "version": version}
    given = [f"`{name}`" for name, value in named.items() if value is not None]
    if given:
        raise DeviceError(
            f"`device` already has a platform and a version; leave out {' and '.join(given)}"
        )
    return device


#: A team identifier, as it is written before a bundle identifier.
_TEAM: Final = re.compile(r"[A-Z0-9]{10}")


def concerns(identifier: str, extension: Extension) -> bool:
    """Whether what is known about `identifier` counts for `extension`.

    Observed: it does if the identifier is the extension's own or the app's, which the extension's
    begins with; a team identifier may precede either.

    >>> concerns("ABCDE12345.com.example.app", Extension("com.example.app.sso", "ABCDE12345"))
    True
    >>> concerns("com.example.ap", Extension("com.example.app.sso"))
    False
    """
    full = f"{extension.bundle_id}."
    if full.startswith(f"{identifier}."):
        return True
    team, _dot, bundle_id = identifier.partition(".")
    if not bundle_id or not full.startswith(f"{bundle_id}."):
        return False
    if extension.team_id:
        return team == extension.team_id
    return bool(_TEAM.fullmatch(team))


def dotted_beginnings(bundle_id: str, lengths: Iterable[int]) -> Iterator[str]:
    """What `bundle_id` begins with, up to a dot or to its end, if it has one of the `lengths`.

    >>> sorted(dotted_beginnings("com.example.app.sso", range(12)))
    ['com', 'com.example']
    """
    full = f"{bundle_id}."
    for length in lengths:
        if full[length : length + 1] == ".":
            yield full[:length]


#: Identifiers with their places, by a name.
_Named = dict[str, list[tuple[int, str]]]


def _by_name(identifiers: Iterable[str]) -> dict[int, _Named]:
    """The `identifiers` by their own name, and by what follows a team; and that by its length."""
    by_length: dict[int, _Named] = {}
    for place, identifier in enumerate(identifiers):
        for name in (identifier, identifier.partition(".")[2]):
            by_length.setdefault(len(name), {}).setdefault(name, []).append((place, identifier))
    return by_length


_set = object.__setattr__  # how a frozen value is filled in its own __init__


def _extensions(given: Iterable[Extension | str] | None) -> tuple[Extension, ...] | None:
    if given is None:
        return None
    if isinstance(given, str):
        raise DeviceError("installed_extensions must be a list of identifiers, not a string")
    extensions = []
    for item in given:
        extension = Extension(item) if isinstance(item, str) else item
        if not isinstance(extension, Extension) or not extension.bundle_id:
            raise DeviceError(
                f"installed_extensions must hold bundle identifiers, not {quote(item)}"
            )
        extensions.append(extension)
    return tuple(extensions)


def _approvals(
    given: Mapping[str, Mapping[str, Approval | str]],
) -> dict[str, dict[str, Approval]]:
    approvals: dict[str, dict[str, Approval]] = {}
    for bundle_id, hosts in given.items():
        if not isinstance(hosts, Mapping):
            raise DeviceError(
                f"associated_domains of {quote(bundle_id)} must be"
                ' {"host[:port]": "approved" or "not_approved"},'
                f" not {kind_of(hosts)}"
            )
        approvals[bundle_id] = {}
        for host, approval in hosts.items():
            if approval not in list(Approval):
                raise DeviceError(
                    f"associated_domains of {quote(bundle_id)}: {quote(host)} must be `approved`"
                    f" or `not_approved`, not {quote(approval)} (leave out unknown hosts)"
                )
            # Reading: host names are compared without regard to case.
            approvals[bundle_id][host.lower()] = Approval(approval)
    return approvals


def _prefixes(given: Iterable[str]) -> tuple[str, ...]:
    if isinstance(given, str):
        raise DeviceError("apple_account_urls must be a list of URL prefixes, not a string")
    prefixes = tuple(given)
    if prefixes == APPLE_ACCOUNT_URLS:
        return prefixes
    from ssoroute.model.urls import MalformedURLError, split_prefix

    for prefix in prefixes:
        wanted = "apple_account_urls must hold http(s) URL prefixes without `*`"
        if not isinstance(prefix, str) or "*" in prefix:
            raise DeviceError(f"{wanted}, not {quote(prefix)}")
        try:
            split_prefix(prefix)
        except MalformedURLError as error:
            raise DeviceError(f"{wanted}, not {quote(prefix)}: {error}") from None
    return prefixes
