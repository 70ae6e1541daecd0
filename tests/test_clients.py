"""What each client hands to the system, and what the system answers."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

import ssoroute
from build import router_of
from client_table import Row, load_rows
from ssoroute.asking.answers import Answered, answer_one, answers
from ssoroute.asking.client import ClientError, HandoverKind
from ssoroute.asking.table import client_named, client_of_caller, clients
from ssoroute.asking.way import Caller, HandsOver
from ssoroute.model.device import Device
from ssoroute.model.platforms import Platform
from ssoroute.model.request import Request

ROWS = load_rows()
NAMES = [
    "safari",
    "webview",
    "safari-view",
    "web-auth-session",
    "urlsession",
    "own-stack",
    "chrome",
    "edge",
    "firefox",
    "msal",
    "platform-sso",
]


def asked_of(row: Row) -> list[Answered]:
    return list(
        answers(
            router_of(row.world),
            client_named(row.client),
            row.url,
            row.app,
            screen_locked=row.locked,
            background_session=row.background,
        )
    )


def written(answered: Answered) -> dict[str, Any]:
    """A handover as the table writes it."""
    handover, request, decision = answered.handover, answered.handover.request, answered.decision
    found: dict[str, Any] = {"kind": handover.kind.value}
    if request is None:
        return found | {"text": handover.text}
    found |= {"url": request.url, "code": request.response_code}
    found |= {"ui": request.user_interface_enabled, "background": request.background_session}
    if request.caller is not None:
        found["caller"] = request.caller
    if answered.yes is not None:
        found["answer"] = "yes" if answered.yes else "no"
    if decision is not None:
        found |= {"outcome": decision.outcome.value, "reason": decision.reason.value}
    return found | {"denied_after_yes": answered.denied_after_yes}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_a_row(row: Row) -> None:
    if row.unknown is not None:
        with pytest.raises(ClientError) as caught:
            asked_of(row)
        assert str(caught.value) == row.unknown
        return
    found = asked_of(row)
    defaults = {"background": False, "denied_after_yes": False}
    assert [written(answered) for answered in found] == [
        expected if expected["kind"] == "nothing" else defaults | dict(expected)
        for expected in row.expect or ()
    ]
    authorities = {answered.handover.authority.value for answered in found}
    # whether a browser would ask at all is our reading, not the row's
    assert authorities == {row.authority} or row.id.endswith("no browser asks for ssoid")


def test_every_way_has_rows() -> None:
    rows = {(row.client, Platform.parse(row.world["platform"])) for row in ROWS}
    ways = {(client.name, way.platform) for client in clients() for way in client.ways}
    assert ways <= rows


# The table


def test_the_names() -> None:
    assert [client.name for client in clients()] == NAMES


def test_the_public_names() -> None:
    assert ssoroute.clients() == clients()
    assert isinstance(ssoroute.clients()[0], ssoroute.Client)


def test_every_way_is_whole() -> None:
    for client in clients():
        for way in client.ways:
            assert way.what
            assert (way.hands_over is HandsOver.NOTHING) == (way.caller is None)
            assert (way.hands_over is HandsOver.PAGE) == (way.spelling is not None)
            assert (way.hands_over is HandsOver.FIXED) == bool(way.url)
            assert bool(way.browsers) == (way.caller == Caller.BROWSER)


@pytest.mark.parametrize(
    ("caller", "platform", "name"),
    [
        ("com.google.Chrome", Platform.MACOS, "chrome"),
        ("com.google.Chrome", Platform.IOS, None),
        ("com.google.chrome.ios", Platform.IOS, "chrome"),
        ("com.google.chrome", Platform.MACOS, None),
        ("com.apple.Safari", Platform.MACOS, "safari"),
        ("com.apple.mobilesafari", Platform.VISIONOS, "safari"),
        ("com.apple.SafariViewService", Platform.IOS, "safari-view"),
        ("com.microsoft.edgemac", Platform.MACOS, "edge"),
        ("org.mozilla.firefox", Platform.MACOS, "firefox"),
        ("com.example.app", Platform.MACOS, None),
        ("app", Platform.MACOS, None),
        ("browser", Platform.MACOS, None),
    ],
)
def test_the_client_of_a_caller(caller: str, platform: Platform, name: str | None) -> None:
    found = client_of_caller(caller, platform)
    assert (found and found.name) == name


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("Chrome", "unknown client `Chrome`, did you mean `chrome`?"),
        ("fire-fox", "unknown client `fire-fox`, did you mean `firefox`?"),
        ("", f"unknown client ``, known are {', '.join(NAMES)}"),
        ("safari\n" * 99, "unknown client `safari\\nsafari\\nsafari"),
    ],
)
def test_an_unknown_client(name: str, message: str) -> None:
    with pytest.raises(ClientError) as caught:
        client_named(name)
    assert str(caught.value).startswith(message)


# One load


@pytest.mark.parametrize(
    ("client", "code", "asked", "outcome"),
    [
        ("safari", 0, ("https://login.example.com/", "com.apple.Safari", 0, True), "handle"),
        ("safari", 200, ("https://login.example.com/", "com.apple.Safari", 200, True), "handle"),
        ("safari", 401, "no request of the client `safari` after a challenge is known", ""),
        ("urlsession", 407, ("https://login.example.com", "com.example.app", 407, True), ""),
        ("chrome", 0, ("https://login.example.com/", "com.google.Chrome", 0, False), "handle"),
        ("chrome", 401, "no request of the client `chrome` after a challenge is known", ""),
        ("own-stack", 401, "the program loads the URL without asking the system", ""),
    ],
)
def test_one_load(client: str, code: int, asked: object, outcome: str) -> None:
    world = next(row.world for row in ROWS if row.client == "safari")
    given = Request("https://login.example.com", response_code=code)
    app = "com.example.app" if client == "urlsession" else None
    handover, decision = answer_one(router_of(world), client_named(client), given, app)
    request = handover.request
    assert decision.outcome == (outcome or "do_not_handle")
    assert asked == (
        handover.text
        if request is None
        else (request.url, request.caller, request.response_code, request.user_interface_enabled)
    )
    assert (handover.kind is HandoverKind.NOTHING) == isinstance(asked, str)


def test_one_load_on_a_platform_without_a_row() -> None:
    with pytest.raises(ClientError, match="nothing is known about the client `edge` on visionOS"):
        client_named("edge").hands_over_one(Request("https://h/"), Device("visionOS"))


# Cost


@pytest.mark.parametrize(
    ("asking", "never"),
    [
        ("r.route('https://login.example.com/', caller='com.google.Chrome')", ("asking", "after")),
        ("r.route_many(['https://login.example.com/'])", ("asking", "after")),
        ("r.explain('https://login.example.com/').to_json()", ("asking",)),
    ],
)
def test_routing_does_not_load_what_it_does_not_need(asking: str, never: tuple[str, ...]) -> None:
    script = (
        f"import ssoroute, sys; r = ssoroute.Router.from_profiles([]); {asking};"
        f"print(*(m for m in sys.modules if 'ssoroute' in m and any(n in m for n in {never})))"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert not loaded.stdout.split()
