"""The associated domains that Redirect prefixes need, and what profiles and device say of each.

Facts: docs/matching.md, "Associated domains". A listed entry shows intent; only the site approves.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ssoroute.cli.terminal import Line, Span, Style, heading, paragraph
from ssoroute.cli.views.installed_json import extension_to_json, rule_to_json, source_to_json
from ssoroute.model.device import Approval
from ssoroute.model.patterns import URLPrefix
from ssoroute.model.payload import Extension, RedirectPayload
from ssoroute.model.platforms import Platform
from ssoroute.model.profile import AssociatedDomains
from ssoroute.model.source import Source
from ssoroute.routing.router import Router

__all__ = ["Need", "domains_lines", "domains_to_json", "needs"]

_STYLES = {Approval.APPROVED: Style.GOOD, Approval.NOT_APPROVED: Style.BAD, None: Style.WARN}


@dataclass(frozen=True, slots=True)
class Need:
    """One entry that an extension needs: for which prefixes, listed where, approved or not."""

    extension: Extension
    host: str
    prefixes: tuple[URLPrefix, ...]
    listed: tuple[Source, ...]
    approval: Approval | None

    @property
    def entry(self) -> str:
        """The entry as a profile or an entitlement writes it."""
        return f"authsrv:{self.host}"


def needs(router: Router) -> list[Need]:
    """What the installed Redirect payloads need, by extension, in their order.

    Prefixes that the system removes whatever is approved need nothing.
    """
    prefixes: dict[Extension, dict[str, list[URLPrefix]]] = {}
    for installed in router.installation.installed:
        for payload in installed.payloads:
            if not isinstance(payload, RedirectPayload):
                continue
            hosts = prefixes.setdefault(payload.extension, {})
            for prefix in payload.url_prefixes:
                if prefix.is_routable:
                    hosts.setdefault(prefix.parts.associated_host, []).append(prefix)
    return [
        Need(
            extension,
            host,
            tuple(found),
            tuple(_listed(router, extension, host)),
            router.device.approval(extension.bundle_id, host),
        )
        for extension, hosts in prefixes.items()
        for host, found in hosts.items()
    ]


def _listed(router: Router, extension: Extension, host: str) -> Iterator[Source]:
    # Documented: com.apple.associated-domains is a payload of macOS.
    if router.device.platform is not Platform.MACOS:
        return
    for installed in router.installation.installed:
        for entry in installed.profile.associated_domains:
            if _speaks_for(entry, extension) and f"authsrv:{host}" in map(str.lower, entry.entries):
                yield entry.source


def _speaks_for(entry: AssociatedDomains, extension: Extension) -> bool:
    """Whether an entry for an app or extension counts for `extension`.

    Observed: an app's counts for the extensions whose identifiers begin with the app's and a dot.
    """
    _team, _dot, bundle_id = entry.application_identifier.partition(".")
    return bool(bundle_id) and f"{extension.bundle_id}.".startswith(f"{bundle_id}.")


def domains_lines(router: Router) -> Iterator[Line]:
    """The needed entries in words, one extension after another."""
    found = needs(router)
    yield from heading("associated domains that the Redirect prefixes need")
    if not found:
        yield from paragraph("none", indent=2)
    before: Extension | None = None
    for need in found:
        if need.extension != before:
            yield from paragraph(Span(str(need.extension), Style.STRONG), indent=2)
            before = need.extension
        listed = ", ".join(map(str, need.listed))
        listing = f"listed in {listed}" if listed else "not listed"
        approval = need.approval.replace("_", " ") if need.approval else "unknown"
        yield from paragraph(
            f"{need.entry}: ", Span(approval, _STYLES[need.approval]), f", {listing}",
            indent=4,
            hang=2,
        )  # fmt: skip


def domains_to_json(router: Router) -> dict[str, object]:
    """The needed entries as JSON."""
    return {
        "domains": [
            {
                "extension": extension_to_json(need.extension),
                "entry": need.entry,
                "prefixes": [rule_to_json(prefix) for prefix in need.prefixes],
                "listed": [source_to_json(source) for source in need.listed],
                "approval": need.approval.value if need.approval else "unknown",
            }
            for need in needs(router)
        ]
    }
