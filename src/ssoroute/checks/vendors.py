"""SSO607, SSO721 and SSO901-SSO906 without SSO903: what vendors document about their extensions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from ssoroute.checks.report import Report, shown
from ssoroute.checks.vendor_table import (
    CUSTOMER,
    Product,
    Usage,
    hosts_of_vendors,
    product_with,
)
from ssoroute.checks.wording import enumeration, listing
from ssoroute.model.finding import Severity
from ssoroute.model.platforms import Platform
from ssoroute.model.profile import Channel
from ssoroute.model.quoting import quote

if TYPE_CHECKING:
    from ssoroute.checks.target import PayloadView, Subject

__all__ = ["check_vendors"]

_COMPOSED: Final = "ExtensionComposedIdentifier"


def _missing_urls(view: PayloadView, usage: Usage, prefixes: set[str]) -> list[str]:
    """The URLs that the vendor of the extension lists and that no entry of `prefixes` covers."""
    hosts = dict.fromkeys(e.prefix.parts.host.lower() for e in view.prefixes if e.prefix)
    missing = []
    for listed in usage.urls:
        wanted = [CUSTOMER.sub(host, listed) for host in hosts]
        if not CUSTOMER.search(listed):
            wanted = [listed]
        for url in wanted or [listed]:
            # A browser writes an empty path as `/`.
            path_less = "/" not in url.partition("://")[2]
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
    """Check the payloads of known extensions, and the hosts of these extensions."""
    every_prefix = _prefixes_by_extension(subject)
    first: dict[tuple[str, Channel], PayloadView] = {}
    for view in subject.payloads:
        if view.product:
            _check_particulars(view, view.product, report)
            _check_urls(view, view.product, every_prefix[view.product.extension], report)
            _check_number(view, view.product, first, report)
        _check_hosts(view, report)


def _check_particulars(view: PayloadView, product: Product, report: Report) -> None:
    team = view.extension.team_id if view.extension else None
    usage = product.usage(view.type)
    on_macos = view.device.platform is Platform.MACOS
    other_team = team if on_macos and product.team and team != product.team else None
    other_type = view.type if usage is None else None
    owner = product_with(other_team, other_type) if other_team and other_type else None
    if owner is not None:
        _check_owner(view, product, owner, report)
        return
    if other_team:
        right_team = quote(product.team)
        report.add(
            "SSO901",
            view.source.key(_COMPOSED if _COMPOSED in view.content else "TeamIdentifier"),
            f"{product.name} has the team identifier {right_team}, not {quote(other_team)}",
            value=other_team,
            hint=f"write {right_team}",
        )
    if other_type:
        types = enumeration([quote(usage.type) for usage in product.usages])
        report.add(
            "SSO901",
            view.source.key("Type"),
            f"{product.name} is documented for {types}, not {quote(other_type)}",
            value=other_type,
            hint=f"write {types}",
        )
    if usage is not None:
        _check_realm(view, usage, report)
    _check_platform(view, product, team, report)


def _check_owner(view: PayloadView, product: Product, owner: Product, report: Report) -> None:
    """Report that the team and the Type are both those of `owner`."""
    message = f"{quote(product.extension)} is {product.name}, but the team and the Type"
    report.add(
        "SSO901",
        view.source.key(_COMPOSED if _COMPOSED in view.content else "ExtensionIdentifier"),
        f"{message} are those of {owner.name}",
        value=product.extension,
        hint=f"write {quote(owner.extension)}",
    )


def _check_realm(view: PayloadView, usage: Usage, report: Report) -> None:
    realm = view.content.get("Realm")
    if usage.realm and isinstance(realm, str) and realm and realm != usage.realm:
        what = f"{usage.product} is documented for the realm {quote(usage.realm)}"
        hint = f"write {quote(usage.realm)}"
        message = f"{what}, not {quote(realm)}"
        report.add("SSO906", view.source.key("Realm"), message, value=realm, hint=hint)


def _check_platform(view: PayloadView, product: Product, team: str | None, report: Report) -> None:
    platform = view.device.platform
    if product.platform is None or product.platform is platform:
        return
    if platform is Platform.VISIONOS and product.platform is Platform.IOS:
        return  # nothing says that visionOS lacks the apps of iOS
    is_meant_for_macos = platform is not Platform.MACOS or team is not None
    message = (
        f"{product.name} is an extension for {product.platform.value}, not for {platform.value}"
    )
    report.add(
        "SSO607",
        view.source,
        message,
        hint=f"check the profile with `--os {product.platform.value}`",
        severity=None if is_meant_for_macos else Severity.INFO,
    )


def _check_number(
    view: PayloadView,
    product: Product,
    first: dict[tuple[str, Channel], PayloadView],
    report: Report,
) -> None:
    usage = product.usage(view.type)
    if usage is None or not usage.one_payload:
        return
    earlier = first.setdefault((product.extension, view.profile.channel), view)
    if earlier is not view:
        message = f"{product.name} allows one Redirect payload, and this is another one"
        report.add("SSO905", view.source, message, related=(earlier.source,))


def _check_hosts(view: PayloadView, report: Report) -> None:
    """The prefixes for a host that a vendor documents for another extension than this one."""
    if view.extension is None:
        return
    for entry in view.prefixes:
        host = entry.prefix.parts.host.lower() if entry.prefix and entry.is_usable else ""
        owners = hosts_of_vendors().get(host, ())
        if owners and view.extension.bundle_id not in [owner.extension for owner in owners]:
            name = quote(view.extension.bundle_id)
            message = f"{quote(host)} is a host of {owners[0].name}, and {name} claims it"
            report.add("SSO904", entry.source, message, value=entry.text)


def _check_urls(view: PayloadView, product: Product, prefixes: set[str], report: Report) -> None:
    usage = product.usage(view.type)
    if usage is None or not all(entry.is_usable for entry in view.prefixes):
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
