"""`assert_route`: one expected route in a test of your own."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal, TypeVar

from ssoroute.model.decision import Decision, Outcome, Reason
from ssoroute.model.payload import Extension
from ssoroute.model.request import Request
from ssoroute.model.spelling import Spelling
from ssoroute.routing.router import Router
from ssoroute.testing.expected import MEMBERS, Expected
from ssoroute.testing.failure import explanation_text

__all__ = ["assert_route"]

_Choice = TypeVar("_Choice", bound=StrEnum)


def assert_route(
    router: Router,
    url: str,
    *,
    caller: str | None = None,
    response_code: int = 0,
    screen_locked: bool = False,
    user_interface_enabled: bool = True,
    background_session: bool = False,
    spelling: Spelling | str = Spelling.BROWSER,
    outcome: Outcome | str | None = None,
    reason: Reason | str | None = None,
    extension: Extension | str | Literal[False] | None = None,
    rule: str | Literal[False] | None = None,
) -> Decision:
    """Assert what `router` decides about one request, and return the decision.

    Expect any of `outcome`, `reason`, `extension` (a bundle identifier, or an `Extension`) and
    `rule` (as it is written in the profile). False means "none" in the last two; None is not
    compared. The URL is routed as a browser requests it, or with `spelling="app"` as it is written.
    `AssertionError` shows the mismatches and the explanation. `TypeError` if nothing is expected,
    `ValueError` for an unknown outcome, reason or spelling.

    >>> import ssoroute
    >>> router = ssoroute.Router.from_profiles(ssoroute.load("examples/profiles"))
    >>> decision = assert_route(router, "https://sts.windows.net", outcome="handle")
    >>> assert_route(router, "https://sts.windows.org", outcome="handle")
    Traceback (most recent call last):
    AssertionError: outcome: expected handle, found do_not_handle
    ...
    """
    __tracebackhide__ = True
    if outcome is None and reason is None and extension is None and rule is None:
        raise TypeError(f"nothing is expected; give at least one of {', '.join(MEMBERS)}")
    expected = Expected(
        None if outcome is None else _choice(Outcome, outcome),
        None if reason is None else _choice(Reason, reason),
        Extension(extension) if isinstance(extension, str) else extension,
        rule,
    )
    request = Request(
        _choice(Spelling, spelling).of(url),
        caller,
        response_code,
        screen_locked,
        user_interface_enabled,
        background_session,
    )
    decision = router.route(*request.arguments)
    mismatches = expected.mismatches(decision)
    if mismatches:
        explained = explanation_text(url, expected, router.explain(*request.arguments))
        raise AssertionError("\n".join([*map(str, mismatches), explained]))
    return decision


def _choice(choices: type[_Choice], value: str) -> _Choice:
    __tracebackhide__ = True
    try:
        return choices(value)
    except ValueError:
        name, known = choices.__name__.lower(), ", ".join(choices)
        raise ValueError(f"unknown {name} {value!r}; known are {known}") from None
