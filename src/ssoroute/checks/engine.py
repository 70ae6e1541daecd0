"""Runs the rules on each target and merges their findings."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import Final

from ssoroute.checks.callers import check_callers
from ssoroute.checks.conflicts import check_channels, check_installation, check_relations
from ssoroute.checks.domain_entries import check_domain_entries
from ssoroute.checks.domains import check_domains, check_sites, check_unneeded_sites
from ssoroute.checks.extension_data import check_extension_data
from ssoroute.checks.hosts import check_hosts
from ssoroute.checks.identity import check_identity
from ssoroute.checks.inline_comments import Divided, divide
from ssoroute.checks.joined_values import check_joined_values
from ssoroute.checks.kerberos import check_kerberos
from ssoroute.checks.lines import located
from ssoroute.checks.on_device import check_on_device
from ssoroute.checks.payload_keys import check_keys
from ssoroute.checks.placeholders import check_placeholders
from ssoroute.checks.platform_sso import check_platform_sso
from ssoroute.checks.prefixes import check_prefixes
from ssoroute.checks.report import Report
from ssoroute.checks.rules import rules
from ssoroute.checks.target import Subject
from ssoroute.checks.unknown_keys import check_unknown_keys, check_unknown_payloads
from ssoroute.checks.vendor_table import product_of
from ssoroute.checks.vendors import check_vendors
from ssoroute.loaders.site_file import SiteFile
from ssoroute.model.device import Device, given_device
from ssoroute.model.errors import DeviceError
from ssoroute.model.finding import Finding
from ssoroute.model.kinds import python_kind
from ssoroute.model.platforms import Platform
from ssoroute.model.profile import Profile, Profiles, given_profiles, of_user, users_of

__all__ = ["default_targets", "devices_of", "loading_findings", "run"]

_FAMILIES: Final[tuple[Callable[[Subject, Report], None], ...]] = (
    check_unknown_payloads,
    check_keys,
    check_unknown_keys,
    check_placeholders,
    check_joined_values,
    check_identity,
    check_prefixes,
    check_hosts,
    check_installation,
    check_channels,
    check_relations,
    check_callers,
    check_platform_sso,
    check_domains,
    check_domain_entries,
    check_on_device,
    check_vendors,
    check_kerberos,
    check_extension_data,
)

#: Called after each step with the number of those done and of all.
Progress = Callable[[int, int], None]


def run(
    profiles: Iterable[Profile],
    targets: Iterable[Device | str],
    aasa: Mapping[str, SiteFile],
    progress: Progress = lambda _done, _all: None,
    *,
    beside: Iterable[Profile] = (),
) -> Divided:
    """`checks.check`, with reports of the progress, and with the findings that comments end.

    The profiles `beside` are not checked; the files `aasa` may be those of sites that they need.
    """
    given = given_profiles(profiles)
    whole = profiles if isinstance(profiles, Profiles) else Profiles(given)
    devices = default_targets(given, devices_of(targets))
    by_target: list[tuple[str, list[Finding]]] = []
    users = users_of(given)
    # Documented: a Mac has one user channel for each user, so each of them is looked at.
    sets = [("", given)]
    if len(users) > 1:
        sets = [(f", user {user}", of_user(given, user)) for user in users]
    steps, done = len(devices) * len(sets) * len(_FAMILIES) + 1, 0
    for device, (suffix, chosen) in product(devices, sets):
        subject, report = Subject(chosen, device), Report()
        for family in _FAMILIES:
            family(subject, report)
            done += 1
            progress(done, steps)
        check_sites(subject, aasa, report)
        by_target.append((subject.name + suffix, report.findings))
    report = Report()
    everyone = (*given, *beside)
    check_unneeded_sites((Subject(everyone, device) for device in devices), aasa, report)
    found = loading_findings(whole.errors + whole.findings) + _merged(by_target) + report.findings
    left, ignored = divide(located(found), whole.comments)
    progress(steps, steps)
    return Divided(_in_order(left, given), _in_order(ignored, given))


def devices_of(targets: Iterable[Device | str]) -> list[Device]:
    """The devices that `targets` name, each once; `DeviceError` for one that does not exist."""
    if isinstance(targets, str):
        raise DeviceError(f"targets must be a list such as [{targets!r}], not one string")
    if not isinstance(targets, Iterable):
        raise TypeError(f"`targets` must be a list of devices, not {python_kind(targets)}")
    devices = [Device(os=item) if isinstance(item, str) else given_device(item) for item in targets]
    return list(dict.fromkeys(devices))


def default_targets(profiles: Sequence[Profile], devices: Sequence[Device]) -> list[Device]:
    """`devices`, or without any the newest device of the platform that the profiles are for.

    That is macOS unless every payload names an extension that its vendor documents for iOS only.
    """
    if devices:
        return list(devices)
    views = [payload.content for profile in profiles for payload in profile.payloads]
    names = [content.get("ExtensionIdentifier") for content in views]
    products = [product_of(name) if isinstance(name, str) else None for name in names]
    is_ios = all(product is not None and product.platform is Platform.IOS for product in products)
    return [Device(Platform.IOS) if products and is_ios else Device()]


def _merged(by_target: Sequence[tuple[str, list[Finding]]]) -> list[Finding]:
    """The findings of all targets, each once; a finding of only some targets names them."""
    targets: dict[Finding, list[str]] = {}
    for name, findings in by_target:
        for finding in findings:
            names = targets.setdefault(finding, [])
            if name not in names:
                names.append(name)
    merged = []
    for finding, names in targets.items():
        if len(names) == len(by_target) or all(name in finding.message for name in names):
            merged.append(finding)
        else:
            merged.append(replace(finding, message=f"{finding.message} ({', '.join(names)})"))
    return merged


def loading_findings(findings: Iterable[Finding]) -> list[Finding]:
    """Findings of the loaders with the authority that the table of rules gives."""
    return [
        replace(finding, authority=rules()[finding.code].authority.value) for finding in findings
    ]


_STEP: Final = re.compile(r"\[(\d+)\]|([^.\[\]]+)")


def _in_order(findings: list[Finding], profiles: Sequence[Profile]) -> list[Finding]:
    files: dict[str, int] = {}
    for file in (profile.source.file for profile in profiles):
        files.setdefault(file, len(files))

    def key(finding: Finding) -> tuple[object, ...]:
        steps = [
            (0, int(step[1]), "") if step[1] else (1, 0, step[2])
            for step in _STEP.finditer(finding.source.path)
        ]
        place = (finding.line or 0, finding.column or 0)
        file = finding.source.file
        return files.get(file, len(files)), file, place, steps, finding.code

    return sorted(findings, key=key)
