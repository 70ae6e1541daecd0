"""The device: everything outside the profiles that decides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ssoroute.model.errors import DeviceError
from ssoroute.model.kinds import kind_of
from ssoroute.model.payload import Extension
from ssoroute.model.platforms import NEWEST, Feature, Platform, Version, knows
from ssoroute.model.quoting import quote

__all__ = ["APPLE_ACCOUNT_URLS", "Approval", "Device"]

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

    `platform` and `version` may be given as text; without a version it is the newest known.
    `installed_extensions` are bundle identifiers or `Extension` values, None (the default) stands
    for "all that the profiles name". `associated_domains` says per extension's bundle identifier
    and `host` or `host:port` whether the site confirms it; what it does not name is unknown.
    `apple_account_urls` are the URL prefixes for which the system's own extension is asked first.
    `DeviceError` names what is wrong.

    >>> device = Device("macos", "15.4", installed_extensions=["com.example.sso"])
    >>> device.platform, str(device.version)
    (<Platform.MACOS: 'macOS'>, '15.4')
    """

    platform: Platform
    version: Version
    installed_extensions: tuple[Extension, ...] | None
    associated_domains: Mapping[str, Mapping[str, Approval]]
    apple_account_urls: tuple[str, ...]

    def __init__(
        self,
        platform: Platform | str = Platform.MACOS,
        version: Version | str | None = None,
        installed_extensions: Iterable[Extension | str] | None = None,
        associated_domains: Mapping[str, Mapping[str, Approval | str]] | None = None,
        apple_account_urls: Iterable[str] = APPLE_ACCOUNT_URLS,
    ) -> None:
        if not isinstance(platform, Platform):
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
        return Device(
            self.platform,
            version,
            self.installed_extensions,
            self.associated_domains,
            self.apple_account_urls,
        )

    def knows(self, feature: Feature) -> bool:
        """Whether this platform and version have `feature`."""
        return knows(self.platform, self.version, feature)

    def approval(self, bundle_id: str, host: str) -> Approval | None:
        """What is known about the extension and `host` or `host:port`; None is unknown."""
        return self.associated_domains.get(bundle_id, {}).get(host)

    @property
    def system_urls(self) -> tuple[str, ...]:
        """The prefixes for which the system's own extension is asked on this version."""
        # Documented: below the introduction of the payload nothing is active.
        return self.apple_account_urls if self.knows(Feature.PAYLOAD) else ()

    @property
    def matches_wildcards(self) -> bool:
        """Whether a `*` in a URL prefix stands for any run of characters."""
        return self.knows(Feature.WILDCARDS)


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
