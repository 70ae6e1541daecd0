"""SSO901-SSO903: what vendors document about their extensions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ssoroute.checks.report import Report, shown
from ssoroute.checks.vendor_table import CUSTOMER, Product, Usage
from ssoroute.checks.wording import enumeration, listing
from ssoroute.model.platforms import Platform
from ssoroute.model.quoting import quote

if TYPE_CHECKING:
    from ssoroute.checks.target import PayloadView, Subject

__all__ = ["check_vendors"]


def _missing_urls(view: PayloadView, usage: Usage, prefixes: set[str]) -> list[str]:
    """The URLs that the vendor of the extension lists and none of its `prefixes` covers."""
    hosts = dict.fromkeys(e.prefix.parts.host.lower() for e in view.prefixes if e.prefix)
    missing = []
    for listed in usage.urls:
        wanted = [CUSTOMER.sub(host, listed) for host in hosts]
        if not CUSTOMER.search(listed):
            wanted = [listed]
        for url in wanted or [listed]:
            # A browser writes an empty path as `/`.
            path_less = url.count("/") == 2  # noqa: PLR2004 - those of `://`
            text = (url + "/" if path_less else url).lower()
            if not any(text[:end] in prefixes for end in range(1, len(text) + 1)):
                missing.append(url)
    return missing


def _prefixes_by_extension(subject: Subject) -> Mapping[str, set[str]]:
    """The URL prefixes of each known extension, in lower case."""
    found: dict[str, set[str]] = {}
    for view in subject.payloads:
        if view.product:
            texts = found.setdefault(view.product.extension, set())
            texts.update(entry.text.lower() for entry in view.prefixes)
    return found


def check_vendors(subject: Subject, report: Report) -> None:
    """Look at the payloads of known extensions; of others nothing is said."""
    every_prefix = _prefixes_by_extension(subject)
    for view in subject.payloads:
        if view.product:
            _check_particulars(view, view.product, report)
            _check_urls(view, view.product, every_prefix[view.product.extension], report)


def _check_particulars(view: PayloadView, product: Product, report: Report) -> None:
    team = view.extension.team_id if view.extension else None
    if view.device.platform is Platform.MACOS and team and product.team and team != product.team:
        place = "ExtensionComposedIdentifier"
        place = place if place in view.content else "TeamIdentifier"
        report.add(
            "SSO901",
            view.source.key(place),
            f"{product.name} has the team identifier {quote(product.team)}, not {quote(team)}",
            value=team,
            hint=f"write {quote(product.team)}",
        )
    if view.type and not product.usage(view.type):
        types = enumeration([quote(usage.type) for usage in product.usages])
        report.add(
            "SSO901",
            view.source.key("Type"),
            f"{product.name} is documented for {types}, not {quote(view.type)}",
            value=view.type,
            hint=f"write {types}",
        )
    realm = view.content.get("Realm")
    if (
        product.realm_in_capitals
        and view.type == "Credential"
        and isinstance(realm, str)
        and realm != realm.upper()
    ):
        report.add(
            "SSO903",
            view.source.key("Realm"),
            f"the Kerberos realm {quote(realm)} is not in capitals",
            value=realm,
            hint=f"write {quote(realm.upper())}",
        )


def _check_urls(view: PayloadView, product: Product, prefixes: set[str], report: Report) -> None:
    usage = product.usage(view.type)
    if usage is None or any(entry.is_template for entry in view.prefixes):
        return
    missing = _missing_urls(view, usage, prefixes)
    if not missing:
        return
    urls = listing([shown(url) for url in missing])
    place = view.source.key("URLs")
    if usage.platform_sso and view.method is not None:
        message = f"{usage.product} needs a prefix for {urls}"
        report.add("SSO721", place, message)
    else:
        report.add("SSO902", place, f"{usage.product} lists {urls}, which no prefix covers")
