"""The facts of several sources joined into one device."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from ssoroute.loaders.app_sso import PlatformSSOState, read_app_sso
from ssoroute.loaders.document import read_document
from ssoroute.loaders.findings import Code, Report
from ssoroute.loaders.log_events import EventKind, LogEvent, read_log
from ssoroute.loaders.pluginkit import ListedExtension, read_pluginkit
from ssoroute.loaders.rmd_inspect import ListedDeclaration, read_rmd_inspect
from ssoroute.loaders.sw_vers import SystemVersion, read_sw_vers
from ssoroute.loaders.swcutil import read_swcutil
from ssoroute.loaders.sysdiagnose import device_files
from ssoroute.model.device import Device
from ssoroute.model.finding import LoadError, Severity
from ssoroute.model.payload import Extension
from ssoroute.model.profile import Profiles
from ssoroute.model.quoting import printable
from ssoroute.model.source import Source
from ssoroute.real_device.join_approvals import Approvals
from ssoroute.real_device.join_profiles import Listings
from ssoroute.real_device.recognise import SourceKind, recognise
from ssoroute.real_device.values import Contradiction, Fact, FactKind, Missing, RealDevice

__all__ = ["load_sysdiagnose", "read_sources"]

#: What a line of a log says of the request that it is about.
_EVENTS: Final = {
    EventKind.HANDLED: "the extension got a request",
    EventKind.IGNORED: "the extension got a request and ignored it",
    EventKind.NOT_REGISTERED: "no extension is registered for a URL",
    EventKind.SUBFRAME: "a request of a subframe was not handed over",
    EventKind.NO_GESTURE: "a request without a user gesture",
}
#: Nobody reads more lines of a log, and each costs memory.
_EVENT_LIMIT: Final = 10_000


def load_sysdiagnose(path: str | os.PathLike[str]) -> RealDevice:
    """The device that a sysdiagnose is of: a `.tar.gz`, a `.tar`, or the folder that it unpacks to.

    A folder that `ssoroute device collect` made is read in the same way. Sources that cannot be
    read are findings, and the rest counts. `LoadError` if there is no source at all.

    >>> real = load_sysdiagnose("examples/device/sysdiagnose_2026.01.02_made-up")
    >>> print(real.device, len(real.profiles), *real.missing)
    macOS 15.4 2 extensions
    """
    report = Report()
    return read_sources(device_files(path, report), report, os.fspath(path))


def read_sources(sources: Iterable[tuple[Source, bytes]], report: Report, name: str) -> RealDevice:
    """The device that `sources`, files with their places, are of; `name` is what to call them all.

    `LoadError` if none of them is a source.
    """
    joined = _Joined(report)
    for place, data in sources:
        joined.add(place, data)
    if not joined.files:
        if not any(finding.severity is Severity.ERROR for finding in report.findings):
            message = "no file in it says anything about SSO"
            report.add(Code.NOT_A_SOURCE, Source(printable(name)), message)
        raise LoadError(report.findings)
    return joined.device()


@dataclass(slots=True)
class _Joined:
    """What was read so far."""

    report: Report
    files: int = 0
    facts: list[Fact] = field(default_factory=list)
    contradictions: list[Contradiction] = field(default_factory=list)
    versions: list[SystemVersion] = field(default_factory=list)
    approvals: Approvals = field(default_factory=Approvals)
    listings: Listings = field(default_factory=Listings)
    extensions: list[ListedExtension] | None = None
    extensions_source: Source | None = None
    declarations: list[ListedDeclaration] = field(default_factory=list)
    platform_sso: list[PlatformSSOState] = field(default_factory=list)
    events: list[LogEvent] = field(default_factory=list)

    def add(self, place: Source, data: bytes) -> None:
        """Read one source."""
        kind = recognise(data)
        if kind is None:
            message = "empty" if not data.strip() else "not the output of a known tool"
            self.report.add(Code.NOT_A_SOURCE, place, message)
            return
        self.files += 1
        readers: dict[SourceKind, Callable[[Source, bytes], None]] = {
            SourceKind.SW_VERS: self._sw_vers,
            SourceKind.SWCUTIL: self._swcutil,
            SourceKind.PLUGINKIT: self._pluginkit,
            SourceKind.APP_SSO: self._app_sso,
            SourceKind.RMD_INSPECT: self._rmd_inspect,
            SourceKind.LOG: self._log,
            SourceKind.PROFILES: self._profiles,
        }
        readers[kind](place, data)

    def _say(self, kind: FactKind, text: str, source: Source) -> None:
        self.facts.append(Fact(kind, text, source))

    def _sw_vers(self, place: Source, data: bytes) -> None:
        found = read_sw_vers(data, place, self.report)
        if found:
            build = f" ({found.build})" if found.build else ""
            text = f"{found.platform} {found.version}{build}"
            self._say(FactKind.VERSION, text, found.source)
            self.versions.append(found)

    def _swcutil(self, place: Source, data: bytes) -> None:
        for entry in read_swcutil(data, place, self.report):
            said = entry.approval.replace("_", " ") if entry.approval else "unknown"
            error = f", error {entry.error}" if entry.error else ""
            mode = f" (mode {entry.mode})" if entry.mode else ""
            text = f"authsrv:{entry.host}{mode} {said} for {entry.app_id}{error}"
            self._say(FactKind.APPROVAL, text, entry.source)
            self.approvals.add(entry, self.contradictions)
        self.approvals.read = True

    def _pluginkit(self, place: Source, data: bytes) -> None:
        found = read_pluginkit(data, place, self.report)
        for item in found:
            off = "" if item.usable else ", turned off"
            text = f"{item.bundle_id} is installed (version {item.version}){off}"
            self._say(FactKind.EXTENSION, text, item.source)
        if not found:
            self._say(FactKind.EXTENSION, "no SSO extension is installed", place)
        self.extensions = self.extensions or []
        self.extensions += found
        self.extensions_source = self.extensions_source or place

    def _app_sso(self, place: Source, data: bytes) -> None:
        found = read_app_sso(data, place, self.report)
        if found is None:
            return
        self.platform_sso.append(found)
        parts = [found.extension_identifier or "an unnamed extension"]
        if found.login_type:
            parts.append(f"login type {found.login_type}")
        if found.registration_completed is not None:
            parts.append("registered" if found.registration_completed else "not registered")
        self._say(FactKind.PLATFORM_SSO, f"Platform SSO: {', '.join(parts)}", found.source)

    def _rmd_inspect(self, place: Source, data: bytes) -> None:
        for found in read_rmd_inspect(data, place, self.report):
            active = {True: "active", False: "not active", None: "unknown if active"}[found.active]
            why = f" ({found.why})" if found.why else ""
            name = found.identifier or "without an identifier"
            text = f"declaration {name}: {active}{why}"
            self._say(FactKind.DECLARATION, text, found.source)
            self.declarations.append(found)

    def _log(self, place: Source, data: bytes) -> None:
        for event in read_log(data, place):
            if len(self.events) < _EVENT_LIMIT:
                about = f" ({', '.join(event.hosts)})" if event.hosts else ""
                self._say(FactKind.LOG, f"{_EVENTS[event.kind]}{about}", event.source)
                self.events.append(event)

    def _profiles(self, place: Source, data: bytes) -> None:
        before = len(self.report.findings)
        found = [
            replace(profile, installed=True) for profile in read_document(data, place, self.report)
        ]
        for profile in found:
            name = profile.identifier or profile.display_name or "a profile without a name"
            user = f" of {profile.user}" if profile.user else ""
            count = len(profile.payloads)
            text = f"{name} is installed ({profile.channel} channel{user}), SSO payloads: {count}"
            self._say(FactKind.PROFILE, text, profile.source)
        new = self.report.findings[before:]
        if found or all(finding.severity is not Severity.ERROR for finding in new):
            self.listings.add(place, data, found)  # one that cannot be read hides no other

    def device(self) -> RealDevice:
        """The device that all sources describe."""
        chosen = self.listings.chosen(self.contradictions)
        self._compare_platform_sso()
        findings = tuple(self.report.findings)
        profiles = Profiles(chosen, (), ())
        version = self._version()
        sources: dict[tuple[str, ...], Source] = {}
        if version:
            sources["version",] = version.source
        extensions = self._installed(sources)
        domains = self.approvals.known(self.listings.extensions, sources)
        device = Device(
            version.platform if version else "macOS",
            version.version if version else None,
            extensions,
            domains,
            sources=sources,
        )
        return RealDevice(
            profiles,
            device,
            tuple(self.facts),
            tuple(self.contradictions),
            tuple(self._missing()),
            tuple(self.events),
            findings,
        )

    def _version(self) -> SystemVersion | None:
        if not self.versions:
            return None
        first, *others = self.versions
        for other in others:
            if (other.platform, other.version) != (first.platform, first.version):
                text = f"{first.platform} {first.version} or {other.platform} {other.version};"
                text += " the first is taken"
                self.contradictions.append(Contradiction(text, first.source, other.source))
        return first

    def _installed(self, sources: dict[tuple[str, ...], Source]) -> list[Extension] | None:
        if self.extensions is None or self.extensions_source is None:
            return None
        sources["installed_extensions",] = self.extensions_source
        found: dict[str, Extension] = {}
        teams = self.approvals.teams_of(item.bundle_id for item in self.extensions)
        for item in self.extensions:
            sources["installed_extensions", item.bundle_id] = item.source
            if item.usable:
                found[item.bundle_id] = Extension(item.bundle_id, teams[item.bundle_id])
        listed = {item.bundle_id for item in self.extensions}
        for extension in self.listings.extensions:
            # Reading: an extension of the system itself is there, whether it is listed or not.
            if extension.bundle_id.startswith("com.apple.") and extension.bundle_id not in listed:
                found[extension.bundle_id] = Extension(extension.bundle_id)
        return list(found.values())

    def _compare_platform_sso(self) -> None:
        """Platform SSO that the device has and no profile sets up."""
        place = self.listings.place
        named = {item.bundle_id for item in self.listings.extensions}
        for state in self.platform_sso:
            name = state.extension_identifier
            if name and place and name not in named:
                text = f"Platform SSO is set up with {name}, and no profile names it"
                self.contradictions.append(Contradiction(text, state.source, place))

    def _missing(self) -> Iterable[Missing]:
        if not self.versions:
            yield Missing.VERSION
        if self.listings.place is None:
            yield Missing.PROFILES
        if any(item.active is not False for item in self.declarations):
            yield Missing.DECLARATIONS
        if not self.approvals.read:
            yield Missing.APPROVALS
        if self.extensions is None:
            yield Missing.EXTENSIONS
