"""`ssoroute bench`: measures the cost of a request with these profiles on this machine."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Final

import click

from ssoroute.cli.configured import configured
from ssoroute.cli.inputs import read_router
from ssoroute.cli.options import InputOptions, profile_arguments, router_options
from ssoroute.cli.request_lines import dumps, read_requests
from ssoroute.cli.status import InputError, Status
from ssoroute.cli.terminal import complain, show_text
from ssoroute.model.decision import NO_MATCH, Decision
from ssoroute.model.patterns import URLPrefix
from ssoroute.model.quoting import one_line
from ssoroute.model.request import Request, RequestError
from ssoroute.routing.engine import accelerated
from ssoroute.routing.router import Router

__all__ = ["bench"]

_Arguments = tuple[str, str | None, int, bool, bool, bool]
_MOST: Final = 10_000  # requests that are made up or taken from a file
_MISSES: Final = 19  # for each request that matches

_HELP: Final = """\
Measure the cost of a request with these profiles on this machine.

\b
Examples:
  ssoroute bench corp.mobileconfig
  ssoroute bench -p profiles/ --requests requests.jsonl

Without --requests, the requests are made up from the rules: one that matches for each rule (after a
challenge for hosts), and 19 times as many that match nothing. The figures are the minimum and the
median of many rounds, without the cost of the loop around the calls.
"""


@dataclass(frozen=True, slots=True)
class _Cost:
    """The cost of one kind of request, in nanoseconds."""

    kind: str
    requests: int
    least: float
    median: float


@click.command(help=_HELP, short_help="Measure the cost of a request with these profiles.")
@configured
@profile_arguments
@router_options
@click.option(
    "--requests",
    "path",
    metavar="FILE",
    help="Measure the requests in FILE, a JSON object on each line; `-` is standard input.",
)
@click.option(
    "--seconds",
    type=click.FloatRange(0.1, 600),
    default=3.0,
    show_default=True,
    help="How long to measure.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def bench(
    context: click.Context,
    inputs: InputOptions,
    matching: str,
    path: str | None,
    seconds: float,
    as_json: bool,
) -> None:
    """Measure how long building takes, and the requests by their result."""
    if path == "-" and "-" in inputs.profiles:
        raise click.UsageError("standard input cannot be both the profile and the requests")
    router, found = read_router(inputs, matching)
    status = found.status
    start = time.perf_counter()
    Router(router.installation, matching=matching)
    built = time.perf_counter() - start
    requests = _made_up(router)
    if path is not None:
        requests, unreadable = _read(path)
        status = Status.UNREADABLE if unreadable else status
    if not requests:
        raise InputError([f"{one_line(path)}: error: holds no request"])
    rules = sum(len(payload.rules) for payload in router.activation.active)
    _show(rules, built, _measure(router, requests, seconds), as_json=as_json)
    context.exit(status)


def _show(rules: int, built: float, costs: list[_Cost], *, as_json: bool) -> None:
    engine = "compiled" if accelerated else "pure Python"
    if as_json:
        value = {
            "schema": 1,
            "engine": engine,
            "rules": rules,
            "building_seconds": built,
            "costs": [asdict(cost) for cost in costs],
        }
        show_text(dumps(value))
        return
    show_text(f"{rules} rules, {engine} engine, index built in {1000 * built:.1f} ms")
    for cost in costs:
        show_text(
            f"{cost.kind:<28} {cost.least:>8.0f} ns  (median {cost.median:.0f})"
            f"  {cost.requests} requests"
        )


def _made_up(router: Router) -> list[Request]:
    """A request that matches for each rule, and many that match nothing."""
    rules = [rule for payload in router.activation.active for rule in payload.rules]
    requests: list[Request] = []
    for number, rule in enumerate(rules[: _MOST // (_MISSES + 1)] or [None]):
        if isinstance(rule, URLPrefix):
            requests.append(Request(rule.text.replace("*", "x") + "/x?y=z"))
        elif rule is not None:
            host = f"a{rule.text}" if rule.is_suffix else rule.text
            requests.append(Request(f"https://{host}/x?y=z", response_code=401))
        for other in range(_MISSES):
            url = f"https://www.{other}-{number % 97}.example/some/path?query={number}"
            requests.append(Request(url, response_code=401 if other == 0 else 0))
    return requests


def _read(path: str) -> tuple[list[Request], int]:
    """The requests of a file, and the number of its invalid lines."""
    requests: list[Request] = []
    unreadable = 0
    for number, request in read_requests(path):
        if isinstance(request, RequestError):
            complain(f"{one_line(path)}: line {number}: error: {request}")
            unreadable += 1
        elif len(requests) < _MOST:
            requests.append(request)
    return requests, unreadable


def _measure(router: Router, requests: Sequence[Request], seconds: float) -> list[_Cost]:
    groups: dict[str, list[_Arguments]] = {"all": []}
    for request in requests:
        arguments = request.arguments
        decision = router.route(*arguments)
        matched = "matches nothing" if decision is NO_MATCH else "matches"
        kind = f"{'challenge' if request.is_challenge else 'plain'}, {matched}"
        groups["all"].append(arguments)
        groups.setdefault(kind, []).append(arguments)
    laps: dict[str, list[float]] = {kind: [] for kind in groups}
    loops: dict[str, list[float]] = {kind: [] for kind in groups}
    end = time.monotonic() + seconds
    while time.monotonic() < end or not all(laps.values()):
        for kind, group in groups.items():
            loops[kind].append(_lap(None, group))
            _lap(router.route, group)  # fills the caches
            laps[kind].append(_lap(router.route, group))
    return [
        _Cost(
            kind,
            len(group),
            max(min(laps[kind]) - min(loops[kind]), 0.0),
            max(statistics.median(laps[kind]) - min(loops[kind]), 0.0),
        )
        for kind, group in groups.items()
    ]


def _lap(route: Callable[..., Decision] | None, group: Sequence[_Arguments]) -> float:
    """Nanoseconds for each request; without `route`, the cost of the loop alone."""
    start = time.perf_counter_ns()
    if route is None:
        for _url, _caller, _code, _locked, _interface, _background in group:
            pass
    else:
        for url, caller, code, locked, interface, background in group:
            route(url, caller, code, locked, interface, background)
    return (time.perf_counter_ns() - start) / len(group)
