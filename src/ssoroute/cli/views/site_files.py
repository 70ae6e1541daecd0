"""What the files of sites say about the extensions that need them: evidence, never a decision."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from ssoroute.cli.terminal import Line, Span, Style, heading, paragraph
from ssoroute.install.associated_domains import Applications, needs
from ssoroute.install.installation import Installation
from ssoroute.loaders.site_file import SiteFileError, read_site_file, site_source
from ssoroute.model.payload import Extension

__all__ = ["UNNEEDED", "SiteFact", "site_facts", "site_lines", "sites_to_json"]

#: What is said of a host that no installed prefix needs.
UNNEEDED: Final = "no URL prefix needs this host"
_STYLES = {True: Style.GOOD, False: Style.BAD, None: Style.WARN}


@dataclass(frozen=True, slots=True)
class SiteFact:
    """What the file of `host` says: whether it lists the extension; None if it does not say."""

    host: str
    file: str
    extension: Extension | None
    listed: bool | None
    text: str

    def to_json(self) -> dict[str, object]:
        """The fact as a JSON object (docs/command-line.md, "JSON")."""
        return {
            "host": self.host,
            "file": self.file,
            "extension": self.extension and self.extension.to_json(),
            "listed": self.listed,
            "text": self.text,
        }


def site_facts(installation: Installation, sites: Mapping[str, str]) -> Iterator[SiteFact]:
    """What the files `sites`, by their hosts, say about the installed payloads."""
    by_host: dict[str, list[Extension]] = {}
    for need in needs(installation):
        by_host.setdefault(need.host, []).append(need.extension)
    for host, path in sites.items():
        file = site_source(path).file
        extensions = by_host.get(host)
        try:
            apps = read_site_file(path)
        except SiteFileError as error:
            yield SiteFact(host, file, None, None, str(error))
            continue
        if apps is None:
            yield SiteFact(host, file, None, None, "the file has no list under `authsrv.apps`")
        elif not extensions:
            yield SiteFact(host, file, None, None, UNNEEDED)
        else:
            applications = Applications((app, app) for app in apps)
            for extension in dict.fromkeys(extensions):
                listed = applications.any_speaks_for(extension)
                text = f"the file {'lists' if listed else 'does not list'} {extension}"
                yield SiteFact(host, file, extension, listed, text)


def site_lines(installation: Installation, sites: Mapping[str, str]) -> Iterator[Line]:
    """The facts in words, nothing without a file."""
    if not sites:
        return
    yield from heading("files of sites, which do not change the answer")
    for fact in site_facts(installation, sites):
        yield from paragraph(
            f"{fact.host}: ", Span(fact.text, _STYLES[fact.listed]), f" ({fact.file})",
            indent=2,
            hang=2,
        )  # fmt: skip


def sites_to_json(installation: Installation, sites: Mapping[str, str]) -> dict[str, object]:
    """The member `site_files`, nothing without a file."""
    if not sites:
        return {}
    return {"site_files": [fact.to_json() for fact in site_facts(installation, sites)]}
