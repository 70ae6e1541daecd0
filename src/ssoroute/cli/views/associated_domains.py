"""How the associated domains that Redirect prefixes need are shown, as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterator

from ssoroute.cli.terminal import Line, Span, Style, heading, paragraph
from ssoroute.install.associated_domains import needs
from ssoroute.model.device import Approval
from ssoroute.model.payload import Extension
from ssoroute.routing.router import Router

__all__ = ["domains_lines", "domains_to_json"]

_STYLES = {Approval.APPROVED: Style.GOOD, Approval.NOT_APPROVED: Style.BAD, None: Style.WARN}


def domains_lines(router: Router) -> Iterator[Line]:
    """The needed entries in words, one extension after another."""
    found = needs(router.installation)
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
                "extension": need.extension.to_json(),
                "entry": need.entry,
                "prefixes": [prefix.to_json() for prefix in need.prefixes],
                "listed": [source.to_json() for source in need.listed],
                "approval": need.approval.value if need.approval else "unknown",
            }
            for need in needs(router.installation)
        ]
    }
