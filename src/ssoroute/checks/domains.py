"""SSO801-SSO803: the associated domains that Redirect prefixes need, and who lists them.

An extension whose domains a profile lists needs no reminder (SSO801): SSO802 names what is missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from ssoroute.checks.report import Report
from ssoroute.checks.wording import listing
from ssoroute.install.associated_domains import (
    SERVICE,
    Applications,
    listed_entries,
    needed_hosts,
)
from ssoroute.loaders.site_file import SiteFile, SiteFileError, read_site_file, site_source
from ssoroute.model.payload import Extension
from ssoroute.model.platforms import Platform
from ssoroute.model.profile import AssociatedDomains
from ssoroute.model.quoting import quote
from ssoroute.model.source import Source

if TYPE_CHECKING:
    from ssoroute.checks.target import Subject

__all__ = ["check_domains", "check_sites", "check_unneeded_sites"]

#: By extension: each host that its prefixes need, and the URLs of the first payload that does.
_Needs = dict[Extension, dict[str, Source]]


def _needs(subject: Subject) -> _Needs:
    claims = [
        (view.extension, [e.prefix for e in view.prefixes if e.prefix and e.is_usable])
        for view in subject.payloads
        if view.extension is not None
    ]
    urls = {
        entry.prefix: view.source.key("URLs")
        for view in subject.payloads
        for entry in view.prefixes
        if entry.prefix
    }
    return {
        extension: {host: urls[prefixes[0]] for host, prefixes in hosts.items()}
        for extension, hosts in needed_hosts(claims).items()
        if hosts
    }


def check_domains(subject: Subject, report: Report) -> None:
    """SSO801 and SSO802."""
    listed = [entry for profile in subject.profiles for entry in profile.associated_domains]
    # Documented: com.apple.associated-domains is a payload of macOS.
    is_macos = subject.device.platform is Platform.MACOS
    applications = Applications(
        (domains.application_identifier, (domains, listed_entries(domains)))
        for domains in (listed if is_macos else ())
    )
    for extension, hosts in _needs(subject).items():
        own = applications.of(extension)
        if own:
            _check_listed(extension, hosts, own, report)
        else:
            # What the device knows of a host needs no reminder.
            unknown = [h for h in hosts if subject.device.approval(extension, h) is None]
            if unknown:
                entries = listing([SERVICE + host for host in unknown])
                message = f"{quote(str(extension))} needs {entries}"
                report.add("SSO801", hosts[unknown[0]], message)


def _check_listed(
    extension: Extension,
    hosts: Mapping[str, Source],
    own: list[tuple[AssociatedDomains, frozenset[str]]],
    report: Report,
) -> None:
    missing = [host for host in hosts if not any(SERVICE + host in e for _, e in own)]
    if missing:
        entries = listing([SERVICE + host for host in missing])
        message = f"the associated domains of {quote(str(extension))} lack {entries}"
        places = tuple(dict.fromkeys(hosts[host] for host in missing))
        place = own[0][0].source.key("AssociatedDomains")
        report.add("SSO802", place, message, related=places, hint=f"add {entries}")
    for domains, _ in own:
        for index, entry in enumerate(domains.entries):
            if entry.lower().startswith(SERVICE) and "*" in entry:
                place = domains.source.key("AssociatedDomains").item(index)
                message = f"{quote(entry)} has a wildcard, and `authsrv` entries do not allow one"
                report.add("SSO802", place, message, value=entry, hint="list each host")


def check_sites(subject: Subject, sites: Mapping[str, SiteFile], report: Report) -> None:
    """SSO803: the file of each host against the extensions of `subject` that need the host."""
    needs = _needs(subject) if sites else {}
    by_host: dict[str, list[Extension]] = {}
    for extension, hosts in needs.items():
        for host in hosts:
            by_host.setdefault(host, []).append(extension)
    for host, file in sites.items():
        place = site_source(file)
        wanted = by_host.get(host.lower(), [])
        try:
            apps = read_site_file(file)
        except SiteFileError as error:
            report.add(error.code, place, str(error), hint="give the file as the site serves it")
            continue
        if not wanted:
            continue  # `check_unneeded_sites` has seen all profiles
        if apps is None:
            message = f"the file of {quote(host)} has no list under `authsrv.apps`"
            report.add("SSO803", place, message)
            continue
        applications = Applications((app, app) for app in apps)
        for extension in wanted:
            if not applications.any_speaks_for(extension):
                name = f"{extension.team_id or 'TEAM'}.{extension.bundle_id}"
                message = f"the file of {quote(host)} does not list {quote(name)}"
                related = (needs[extension][host.lower()],)
                report.add("SSO803", place, message, related=related)


def check_unneeded_sites(
    subjects: Iterable[Subject], sites: Mapping[str, SiteFile], report: Report
) -> None:
    """SSO803: the files of hosts that no prefix of any subject needs."""
    if not sites:
        return
    needed = {host for subject in subjects for hosts in _needs(subject).values() for host in hosts}
    for host, file in sites.items():
        if host.lower() not in needed:
            message = f"no URL prefix needs {quote(SERVICE + host)}"
            hint = "check the host that is given with the file"
            report.add("SSO803", site_source(file), message, hint=hint)
