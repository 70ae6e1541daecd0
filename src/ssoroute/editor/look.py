"""A look at texts that are open in an editor: their findings, with places, and their repairs."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from ssoroute.checks.engine import run
from ssoroute.checks.repairs import Repair, repairs
from ssoroute.checks.rules import rules
from ssoroute.loaders import load
from ssoroute.loaders.findings import CODES
from ssoroute.loaders.position import Found, Lines, Span
from ssoroute.loaders.source_text import SourceText
from ssoroute.loaders.uploads import named_bytes
from ssoroute.model.device import Device
from ssoroute.model.finding import Finding, LoadError, Severity
from ssoroute.model.profile import Profiles
from ssoroute.model.source import Source

__all__ = ["Look", "Noted", "Related", "Settings"]

_LINE_END: Final = re.compile(r"[\r\n]")


class Related(NamedTuple):
    """Another place that a finding is about."""

    file: str
    span: Span
    source: Source


@dataclass(frozen=True, slots=True)
class Noted:
    """A finding of the text `finding.source.file`, at `span`."""

    finding: Finding
    span: Span
    related: tuple[Related, ...]


@dataclass(frozen=True, slots=True)
class Settings:
    """How texts are checked.

    `targets` are as for `ssoroute.check`, `shown` leaves out and changes findings, and `problems`
    say what is wrong with the settings themselves.
    """

    targets: Sequence[Device | str] = ()
    shown: Callable[[Sequence[Finding]], Sequence[Finding]] = lambda findings: findings
    problems: tuple[str, ...] = ()


class Look:
    """The profiles in `texts`, by the names of their files, checked as one set.

    Nothing else is read.

    >>> text = "<plist><dict><key>PayloadContent</key><array/></dict>"
    >>> [(noted.finding.code, noted.span) for noted in Look({"a.mobileconfig": text}).noted]
    [('SSO006', Span(start=53, end=53))]
    """

    def __init__(self, texts: Mapping[str, str], settings: Settings | None = None) -> None:
        self.texts = texts
        self.settings = settings or Settings()
        self._files = {name: _encoded(text) for name, text in texts.items()}
        self._profiles = self._load()
        self._places: dict[str, Mapping[str, Found]] = {}
        found = self.settings.shown(run(self._profiles, self.settings.targets, {}).left)
        self._find([*(f.source for f in found), *(s for f in found for s in f.related)])
        self.noted: tuple[Noted, ...] = tuple(map(self._note, found))

    def repairs(self) -> list[Repair]:
        """The repairs of the texts, all of which can be made together."""
        settings = self.settings
        return repairs(
            self._profiles, self._files, settings.targets, lambda one: bool(settings.shown([one]))
        )

    def related_at(self, file: str, offset: int) -> Iterator[Related]:
        """The other places of the findings at `offset` of the text `file`."""
        for noted in self.noted:
            is_there = noted.span.start <= offset <= noted.span.end
            if noted.finding.source.file == file and is_there:
                yield from noted.related

    def _load(self) -> Profiles:
        try:
            return load(*(named_bytes(name, data) for name, data in self._files.items()))
        except LoadError as error:
            bad = [found for found in error.findings if found.severity is Severity.ERROR]
            rest = [found for found in error.findings if found.severity is not Severity.ERROR]
            return Profiles((), tuple(rest), tuple(bad))

    def _find(self, sources: Iterable[Source]) -> None:
        """Look up where the places are, each text once."""
        wanted: dict[str, set[str]] = {}
        for source in sources:
            wanted.setdefault(source.file, set()).update(_outwards(source.path))
        for file, paths in wanted.items():
            text = SourceText.read(self._files[file]) if file in self._files else None
            self._places[file] = text.find(paths) if text else {}

    def _note(self, finding: Finding) -> Noted:
        return Noted(finding, self._span(finding), tuple(self._related(finding)))

    def _span(self, finding: Finding) -> Span:
        """The key or the value that the finding speaks of, or the place that it names itself."""
        source = finding.source
        text = self.texts.get(source.file, "")
        places = self._places.get(source.file, {})
        is_of_loader = finding.code in CODES and finding.line is not None
        # A finding about something that is missing is shown at what it is missing in.
        path = next((path for path in _outwards(source.path) if path in places), None)
        if path is None or is_of_loader:
            return _at(text, finding.line or 1, finding.column or 1)
        return _pointed(text, places[path], at_key=rules()[finding.code].at_key)

    def _related(self, finding: Finding) -> Iterator[Related]:
        for source in finding.related:
            found = self._places.get(source.file, {}).get(source.path)
            if found is not None:
                span = _pointed(self.texts[source.file], found, at_key=False)
                yield Related(source.file, span, source)


def _encoded(text: str) -> bytes:
    """`text` as a file; with a mark of its encoding, whatever its XML declaration names."""
    mark = b"" if text.startswith("\ufeff") else codecs.BOM_UTF8
    return mark + text.encode("utf-8", "replace")


def _outwards(path: str) -> Iterator[str]:
    """The key path `path`, and those of the dictionaries and arrays around it.

    >>> list(_outwards("PayloadContent[0].URLs"))
    ['PayloadContent[0].URLs', 'PayloadContent[0]', 'PayloadContent', '']
    """
    yield path
    while path:
        path = path[: max(path.rfind("."), path.rfind("["), 0)]
        yield path


def _pointed(text: str, found: Found, *, at_key: bool) -> Span:
    """The value, or its key if all of a dictionary or an array is meant; at most to its line."""
    is_container = text.startswith(("<dict", "<array", "{", "["), found.value.start)
    span = found.key if found.key and (at_key or is_container) else found.value
    end = _LINE_END.search(text, span.start, span.end)
    return Span(span.start, end.start() if end else span.end)


def _at(text: str, line: int, column: int) -> Span:
    """From a line and a column to the end of that line."""
    whole = Lines(text).line(line)
    start = min(whole.start + column - 1, whole.end)
    end = _LINE_END.search(text, start, whole.end)
    return Span(start, end.start() if end else whole.end)
