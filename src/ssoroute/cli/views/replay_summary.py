"""The summary of a replay as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from ssoroute.cli.terminal import Line, Span, Style, heading
from ssoroute.model.urls import without_password
from ssoroute.replay import Summary
from ssoroute.replay.chunks import LeftOut

__all__ = ["LEFT_OUT", "summary_lines"]

_SHOWN = 10
#: What is said of entries that no extension can see.
LEFT_OUT: Final = {
    LeftOut.TUNNEL: "CONNECT requests, which only open tunnels through the proxy",
    LeftOut.LOCAL: "URLs that load nothing from the network, such as data: and blob:",
    LeftOut.OTHER_PROTOCOL: "flows that are not HTTP requests",
    LeftOut.PROXY: "lines without a URL, such as errors and queries of the proxy itself",
}


def summary_lines(summary: Summary) -> Iterator[Line]:
    """The counts of `summary` as tables, the most frequent first."""
    if not summary.complete:
        yield (Span("interrupted; only the requests before the interrupt are counted", Style.WARN),)
    requests, errors = summary.requests, summary.bad_count
    first = [Span(_times(requests, "request"), Style.STRONG)]
    if errors:
        first += [Span(", "), Span(_times(errors, "error"), Style.BAD)]
    yield tuple(first)
    for name in ("outcome", "reason", "extension"):
        yield from _table(name, summary.by(name), requests)
    rules = [
        (f"{without_password(rule)}  ({extension or 'the system'})", count)
        for rule, extension, count in summary.rules()
    ]
    yield from _table("rule", rules, requests)
    callers = [
        (f"{caller}  ({extension or 'the system'})", count)
        for (caller, extension), count in summary.denied.most(_SHOWN)
    ]
    yield from _table(_title("denied callers", exact=summary.denied.exact), callers)
    for asked, top in (
        ("loads", summary.unmatched_loads),
        ("challenges", summary.unmatched_challenges),
    ):
        hosts = [(host or "(none)", count) for host, count in top.most(_SHOWN)]
        yield from _table(_title(f"hosts of {asked} that no rule matches", exact=top.exact), hosts)
    alike = [
        (f"{host or '(none)'}  matched by {without_password(rule)}  ({extension})", count)
        for (rule, extension, host), count in summary.lookalikes.most(_SHOWN)
    ]
    yield from _table(_title("look-alikes", exact=summary.lookalikes.exact), alike)
    yield ()
    if summary.accelerated:
        yield (Span("router: compiled"),)
    else:
        yield (Span("router: pure Python; the compiled one is not installed"),)


def _title(text: str, *, exact: bool) -> str:
    return text if exact else f"{text} (at least; there are too many to count each)"


def _times(count: int, word: str) -> str:
    return f"{count:,} {word}{'s'[: count != 1]}"


def _table(name: str, rows: Sequence[tuple[str, int]], whole: int = 0) -> Iterator[Line]:
    """A table of counts, with their shares of `whole` if it is given."""
    if not rows:
        return
    yield from heading(name)
    width = max(len(f"{count:,}") for _, count in rows)
    for text, count in rows:
        share = f"  {100 * count / whole:5.1f} %" if whole else ""
        yield (Span(f"  {count:>{width},}"), Span(share, Style.DIM), Span(f"  {text}"))
