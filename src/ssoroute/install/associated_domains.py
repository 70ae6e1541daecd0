"""Associated domains: which ones the prefixes need, who lists them, and what approvals decide.

Facts: docs/matching.md, "Associated domains". A listed entry shows intent; only the site approves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final, Generic, TypeVar

from ssoroute.install.installation import Installation
from ssoroute.install.read_payload import named_extension
from ssoroute.model.authority import Authority
from ssoroute.model.decision import Note
from ssoroute.model.device import Approval, Device, dotted_beginnings
from ssoroute.model.nearest import nearest
from ssoroute.model.patterns import URLPrefix
from ssoroute.model.payload import Extension, Payload, RedirectPayload
from ssoroute.model.platforms import Platform
from ssoroute.model.profile import AssociatedDomains, Profile
from ssoroute.model.source import Source

__all__ = [
    "SERVICE",
    "Applications",
    "Need",
    "all_domains_refused",
    "any_approved",
    "domain_notes",
    "listed_entries",
    "needed_hosts",
    "needs",
    "strangers",
]

T = TypeVar("T")

#: The service of an entry that an SSO extension needs.
SERVICE: Final = "authsrv:"
# How alike an identifier is to the one that is meant: it may lack the last part or have another.
_LIKENESS: Final = 0.5


class Applications(Generic[T]):
    """Values of applications (`TEAM.bundle.id`), found by the extensions that these speak for.

    Observed: an application speaks for itself, if it is an extension, and for the extensions whose
    identifiers begin with its own and a dot. The team counts only if the payload names one.

    >>> apps = Applications([("TEAM123456.com.example.app", 1), ("OTHERTEAM1.com.example", 2)])
    >>> apps.of(Extension("com.example.app.sso", "TEAM123456"))
    [1]
    >>> apps.of(Extension("com.example.app.sso")), apps.of(Extension("com.example.apps", "T"))
    ([1, 2], [])
    """

    def __init__(self, given: Iterable[tuple[str, T]]) -> None:
        # By bundle identifier and team: the values with their places.
        self._values: dict[str, dict[str, list[tuple[int, T]]]] = {}
        for place, (application, value) in enumerate(given):
            team, _dot, bundle_id = application.partition(".")
            if bundle_id:
                by_team = self._values.setdefault(bundle_id, {})
                by_team.setdefault(team, []).append((place, value))
        self._lengths = {len(bundle_id) for bundle_id in self._values}

    def of(self, extension: Extension) -> list[T]:
        """The values of those that speak for `extension`, in their order."""
        found = [item for items in self._near(extension) for item in items]
        return [value for _, value in sorted(found, key=lambda item: item[0])]

    def any_speaks_for(self, extension: Extension) -> bool:
        """Whether one of them speaks for `extension`."""
        return any(self._near(extension))

    def _near(self, extension: Extension) -> Iterator[list[tuple[int, T]]]:
        for name in dotted_beginnings(extension.bundle_id, self._lengths):
            by_team = self._values.get(name, {})
            if extension.team_id:
                yield by_team.get(extension.team_id, [])
            else:
                yield from by_team.values()


def listed_entries(domains: AssociatedDomains) -> frozenset[str]:
    """The entries of `domains` in lower case, such as `authsrv:host:port`.

    Documented: an entry may end in a mode such as `?mode=managed`, which is not part of the host.
    """
    return frozenset(entry.partition("?")[0].lower() for entry in domains.entries)


def needed_hosts(
    claims: Iterable[tuple[Extension, Iterable[URLPrefix]]],
) -> dict[Extension, dict[str, list[URLPrefix]]]:
    """The hosts that each extension needs, in order, with the prefixes that need them.

    A prefix that the system removes in any case needs nothing.
    """
    needed: dict[Extension, dict[str, list[URLPrefix]]] = {}
    for extension, prefixes in claims:
        hosts = needed.setdefault(extension, {})
        for prefix in prefixes:
            if prefix.is_routable:
                hosts.setdefault(prefix.parts.associated_host, []).append(prefix)
    return needed


@dataclass(frozen=True, slots=True)
class Need:
    """One entry that an extension needs: for which prefixes, who lists it, approved or not."""

    extension: Extension
    host: str
    prefixes: tuple[URLPrefix, ...]
    listed: tuple[Source, ...]
    approval: Approval | None

    @property
    def entry(self) -> str:
        """The entry as a profile or an entitlement writes it."""
        return SERVICE + self.host


def needs(installation: Installation) -> list[Need]:
    """What the installed Redirect payloads need, by extension, in their order."""
    claims = [
        (payload.extension, payload.url_prefixes)
        for installed in installation.installed
        for payload in installed.payloads
        if isinstance(payload, RedirectPayload)
    ]
    listed = _listed(installation)
    nobody = Applications[Source](())
    return [
        Need(
            extension,
            host,
            tuple(prefixes),
            tuple(listed.get(SERVICE + host, nobody).of(extension)),
            installation.device.approval(extension, host),
        )
        for extension, hosts in needed_hosts(claims).items()
        for host, prefixes in hosts.items()
    ]


def _listed(installation: Installation) -> dict[str, Applications[Source]]:
    """By entry: who lists it, and where."""
    # Documented: com.apple.associated-domains is a payload of macOS.
    if installation.device.platform is not Platform.MACOS:
        return {}
    listed: dict[str, list[tuple[str, Source]]] = {}
    for installed in installation.installed:
        for domains in installed.profile.associated_domains:
            for entry in listed_entries(domains):
                found = listed.setdefault(entry, [])
                found.append((domains.application_identifier, domains.source))
    return {entry: Applications(found) for entry, found in listed.items()}


def any_approved(extension: Extension, device: Device) -> bool:
    """Whether at least one associated domain of `extension` is known as approved."""
    return Approval.APPROVED in device.domains_of(extension).values()


def _unknown_hosts(payload: RedirectPayload, device: Device) -> list[str]:
    hosts = dict.fromkeys(prefix.parts.associated_host for prefix in payload.url_prefixes)
    return [host for host in hosts if not device.approval(payload.extension, host)]


def all_domains_refused(payload: Payload, device: Device) -> bool | None:
    """Whether all associated domains of the active `payload` are known as not approved.

    None if that is unknown: no domain is approved, and at least one may be. Only a Redirect payload
    has associated domains. Observed: if the answer is yes, its requests end as
    `domain_not_approved`.
    """
    if not isinstance(payload, RedirectPayload) or any_approved(payload.extension, device):
        return False
    return None if _unknown_hosts(payload, device) else True


# What a decision rests on if its associated domain is unknown.
_DOMAIN_UNKNOWN: Final = Note(
    "domain_unknown", "provided authsrv:{host} validates", Authority.DOCUMENTED
)
_ONLY_UNKNOWN: Final = (_DOMAIN_UNKNOWN,)


def domain_notes(payload: RedirectPayload, prefix: URLPrefix, device: Device) -> tuple[Note, ...]:
    """What a decision for `prefix` rests on, if an associated domain decides and is unknown.

    At most one note; that of an unknown domain is the same object for all prefixes.
    """
    approval = (
        device.approval(payload.extension, prefix.parts.associated_host)
        if device.associated_domains
        else None
    )
    if approval is None:
        return _ONLY_UNKNOWN
    unknown = () if approval is Approval.APPROVED else _unknown_hosts(payload, device)
    if not unknown:
        return ()
    entries = " or ".join(f"authsrv:{host}" for host in unknown)
    return (replace(_DOMAIN_UNKNOWN, text=f"provided {entries} validates"),)


def strangers(profiles: Iterable[Profile], device: Device) -> list[tuple[str, str | None]]:
    """The identifiers with associated domains in `device` that concern no payload of `profiles`.

    Each comes with the extension whose identifier is most like it, None if nothing is.
    """
    extensions = dict.fromkeys(
        extension
        for profile in profiles
        for payload in profile.payloads
        if (extension := named_extension(payload.content))
    )
    if not extensions:
        return []
    names = [extension.bundle_id for extension in extensions]
    concern = {name for extension in extensions for name in device.identifiers_of(extension)}
    return [
        (identifier, nearest(identifier, names, likeness=_LIKENESS))
        for identifier in device.associated_domains
        if identifier not in concern
    ]
