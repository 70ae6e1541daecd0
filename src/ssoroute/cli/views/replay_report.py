"""The summary of a replay as one page of HTML, which loads nothing and runs no script."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from html import escape
from typing import Final

from ssoroute.cli.views.replay_summary import LEFT_OUT
from ssoroute.model.decision import Outcome
from ssoroute.model.packaged import packaged_text
from ssoroute.model.quoting import counted, one_line, printable
from ssoroute.model.urls import without_password
from ssoroute.replay import Summary
from ssoroute.routing.router import Router

__all__ = ["report_page"]

_SHOWN: Final = 20
_HOURS: Final = 24
#: The page itself may load nothing, whatever a log says.
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"


def report_page(summary: Summary, router: Router) -> str:
    """The page; `router` says which rule is nearest to a host that none matches."""
    return "\n".join(_page(summary, router)) + "\n"


def _page(summary: Summary, router: Router) -> Iterator[str]:
    yield "<!DOCTYPE html>"
    yield '<html lang="en"><head><meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>ssoroute replay</title><style>\n{_style()}</style></head><body>"
    yield "<h1>Which SSO extension gets these requests</h1>"
    yield f'<p class="total">{counted(summary.requests, "request")}</p>'
    for warning in _warnings(summary):
        yield f'<p class="warning">{_text(warning)}</p>'
    whole = summary.requests
    yield from _bars("Outcome", "outcome", summary.by("outcome"), whole, by_outcome=True)
    yield from _bars("Reason", "reason", summary.by("reason"), whole)
    yield from _bars("Extension", "extension", summary.by("extension"), whole)
    rules = [
        (f"{without_password(rule)} ({extension or 'the system'})", count)
        for rule, extension, count in summary.rules()
    ]
    yield from _bars("Rule", "rule", rules[:_SHOWN], whole)
    yield from _hours(summary)
    yield from _tables(summary, router)
    how = "compiled" if summary.accelerated else "pure Python"
    yield f"<footer>Made by ssoroute replay. Router: {how}.</footer></body></html>"


def _tables(summary: Summary, router: Router) -> Iterator[str]:
    """The most frequent denied callers, hosts that no rule matches, and look-alikes."""
    callers = [
        (caller, extension or "the system", count)
        for (caller, extension), count in summary.denied.most(_SHOWN)
    ]
    title = _title("Denied callers", exact=summary.denied.exact)
    yield from _table(title, ("caller", "extension"), callers)
    for asked, top in (
        ("loads", summary.unmatched_loads),
        ("challenges", summary.unmatched_challenges),
    ):
        hosts = [
            (host or "(none)", _nearest(router, host), count) for host, count in top.most(_SHOWN)
        ]
        title = _title(f"Hosts of {asked} that no rule matches", exact=top.exact)
        yield from _table(title, ("host", "nearest rule"), hosts)
    alike = [
        (host or "(none)", f"{without_password(rule)} ({extension})", count)
        for (rule, extension, host), count in summary.lookalikes.most(_SHOWN)
    ]
    title = _title("Look-alikes", exact=summary.lookalikes.exact)
    yield from _table(title, ("host", "matched by"), alike)


def _warnings(summary: Summary) -> Iterator[str]:
    if not summary.complete:
        yield "Interrupted: only the requests before the interrupt are counted."
    if summary.bad_count:
        are = "is not a request" if summary.bad_count == 1 else "are not requests"
        yield f"{counted(summary.bad_count, 'row')} {are}."
    for file, message in summary.unread:
        yield f"{one_line(file)}: {message}"
    for (file, kind), count in summary.left_out.items():
        yield f"{one_line(file)}: left out ({count:,}): {LEFT_OUT[kind]}"


@cache
def _style() -> str:
    return packaged_text("cli/views/replay_report.css")


def _text(text: str) -> str:
    return escape(printable(text))


def _title(text: str, *, exact: bool) -> str:
    return text if exact else f"{text} (at least; there are too many to count each)"


def _bars(
    title: str,
    name: str,
    rows: Sequence[tuple[str, int]],
    whole: int,
    *,
    by_outcome: bool = False,
) -> Iterator[str]:
    """A table of counts with bars: their shares of `whole`."""
    if not rows:
        return
    yield f"<h2>{title}</h2><table><thead><tr><th>{name}</th>"
    yield '<th class="number">requests</th><th class="number">share</th><th></th></tr></thead>'
    for text, count in rows:
        share = 100 * count / whole
        kind = f"bar {text}" if by_outcome else "bar"
        yield f'<tr><td>{_text(text)}</td><td class="number">{count:,}</td>'
        yield f'<td class="number">{share:.1f} %</td>'
        yield f'<td class="share"><div class="{kind}" style="width:{share:.2f}%"></div></td></tr>'
    yield "</table>"


def _table(title: str, names: Iterable[str], rows: Sequence[tuple[str, str, int]]) -> Iterator[str]:
    if not rows:
        return
    heads = "".join(f"<th>{name}</th>" for name in names)
    yield f"<h2>{title}</h2><table><thead><tr>{heads}"
    yield '<th class="number">requests</th></tr></thead>'
    for first, second, count in rows:
        cells = f"<td>{_text(first)}</td><td>{_text(second)}</td>"
        yield f'<tr>{cells}<td class="number">{count:,}</td></tr>'
    yield "</table>"


def _hours(summary: Summary) -> Iterator[str]:
    """A column for each hour of the day, if a log has times."""
    if not summary.hours:
        return
    totals = [sum(summary.hours[hour, outcome] for outcome in Outcome) for hour in range(_HOURS)]
    yield "<h2>Hour of the day (UTC)</h2>"
    kinds = "".join(f'<span class="{outcome}"></span>{outcome}' for outcome in Outcome)
    yield f'<p class="key">{kinds}</p>'
    yield '<div class="hours">'
    for hour, total in enumerate(totals):
        counts = [(outcome, summary.hours[hour, outcome]) for outcome in Outcome]
        said = ", ".join(f"{count:,} {outcome}" for outcome, count in counts if count) or "none"
        parts = "".join(
            f'<div class="{outcome}" style="height:{100 * count / max(totals):.2f}%"></div>'
            for outcome, count in counts
            if count
        )
        label = f"{hour:02}:00, {counted(total, 'request')}: {said}"
        yield f'<div class="hour" role="img" aria-label="{label}" title="{label}">{parts}</div>'
    labels = "".join(f"<div>{hour:02}</div>" for hour in range(_HOURS))
    yield f'</div><div class="hours labels" aria-hidden="true">{labels}</div>'


def _nearest(router: Router, host: str) -> str:
    """The rule that is nearest to a load from `host`, `-` if none has a part of it."""
    url = f"https://{host}"
    challenge = router.explain(f"{url}/", response_code=401)
    # A top-level domain alone is not a likeness.
    found = [
        step.nearest
        for step in (*router.explain(f"{url}/").steps, *challenge.steps)
        if step.nearest and "." in step.nearest.common
    ]
    best = max(found, key=lambda nearest: len(nearest.common), default=None)
    selected = challenge.decision.rule
    if selected is not None and not (best and best.common.startswith(url)):
        return f"{without_password(selected.text)} (after a challenge)"
    return without_password(best.rule.text) if best else "-"
