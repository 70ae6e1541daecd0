"""The answer as text: grouped by file, errors first, with counts at the end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from ssoroute.checks.lines import excerpt, locations
from ssoroute.cli.pages import address_of
from ssoroute.cli.terminal import Line, Span, Style
from ssoroute.cli.views.findings.found import Found
from ssoroute.loaders.locations import Location
from ssoroute.model.finding import Finding, Severity
from ssoroute.model.quoting import counted

__all__ = ["text_lines"]

_STYLES: Final = {
    Severity.ERROR: Style.BAD,
    Severity.WARNING: Style.WARN,
    Severity.INFO: Style.DIM,
}
_EXCERPT: Final = 90
_INDENT: Final = "        "
# How many other places are listed.
_MOST: Final = 10


def text_lines(found: Found, *, infos: bool = True) -> Iterator[Line]:
    """The lines of the whole answer; without `infos`, those of a file are only counted."""
    order = list(Severity)
    shown = [f for f in found.findings if infos or f.severity is not Severity.INFO]
    places = locations(shown)
    for file, findings in found.by_file().items():
        if not findings:
            continue
        yield (Span(file, Style.STRONG),)
        for finding in sorted(findings, key=lambda finding: order.index(finding.severity)):
            if infos or finding.severity is not Severity.INFO:
                yield from _finding(finding, places)
        count = sum(finding.severity is Severity.INFO for finding in findings)
        if count and not infos:
            text = f"  {counted(count, 'info')}; `--severity info` shows "
            yield (Span(text + ("it" if count == 1 else "them"), Style.DIM),)
        yield ()
    yield from _counts(found)


def _finding(finding: Finding, places: Mapping[str, Mapping[str, Location]]) -> Iterator[Line]:
    severity = Span(finding.severity.value, _STYLES[finding.severity])
    code = Span(finding.code, link=address_of("check"))
    yield (Span(f"  {_place(finding)}"), severity, Span(" "), code, Span(f": {finding.message}"))
    shown = excerpt(finding, places)
    if shown:
        gutter = f"{finding.line} | "
        cut = shown if len(shown) <= _EXCERPT else shown[: _EXCERPT - 1] + "…"
        yield (Span(f"{_INDENT}{gutter}", Style.DIM), Span(cut))
        yield (Span(f"{_INDENT}{' ' * (len(gutter) - 2)}| ", Style.DIM), Span("^", Style.STRONG))
    for name, said in _remarks(finding):
        yield (Span(f"{_INDENT}{name}: ", Style.DIM), Span(said))


def _place(finding: Finding) -> str:
    line = "" if finding.line is None else f"{finding.line}:"
    column = "" if finding.column is None else f"{finding.column}:"
    path = f"{finding.source.path}: " if finding.source.path else ""
    gap = " " if (line or column) else ""
    return f"{line}{column}{gap}{path}"


def _remarks(finding: Finding) -> Iterator[tuple[str, str]]:
    if finding.hint:
        yield "hint", finding.hint
    if finding.witness is not None:
        code = finding.witness.response_code
        challenge = f" (with a challenge, {code})" if code else ""
        yield "witness", finding.witness.url + challenge
    for source in finding.related[:_MOST]:
        yield "see also", str(source)
    if len(finding.related) > _MOST:
        yield "see also", f"{len(finding.related) - _MOST} more places"
    if finding.authority:
        yield "rule", f"{finding.authority}, see `ssoroute check --explain {finding.code}`"


def _counts(found: Found) -> Iterator[Line]:
    files = counted(len(found.by_file()), "file")
    if found.assumed:
        files += f", checked for {found.assumed}"
    left_out = [
        f"{counted(count, 'finding')} {where}"
        for count, where in (
            (found.ignored, "ignored by comments"),
            (found.known, "in the baseline"),
        )
        if count
    ]
    files += "".join(f"; {words}" for words in left_out)
    spans = [
        Span(counted(found.count(severity), severity.value), _STYLES[severity])
        for severity in Severity
        if found.count(severity)
    ]
    if not spans:
        holding = "" if found.payloads else ", because there is no SSO payload"
        yield (Span("nothing found", Style.GOOD), Span(f" in {files}{holding}"))
        return
    line: list[Span] = []
    for span in spans:
        line += [Span(", "), span] if line else [span]
    yield (*line, Span(f" in {files}"))
