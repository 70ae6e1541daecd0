"""The least that a call can cost, to measure the rest against."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from ssoroute.model.decision import NO_MATCH, Decision

__all__ = ["EMPTY_C_CALL", "empty", "startswith"]


def empty(
    url: str,
    caller: str | None = None,
    response_code: int = 0,
    screen_locked: bool = False,
    user_interface_enabled: bool = True,
    background_session: bool = False,
) -> Decision:
    """Nothing, as a function that is called like `Router.route`."""
    return NO_MATCH


#: A builtin that takes one argument, makes nothing and looks at a type only.
EMPTY_C_CALL: Final[Callable[[str], object]] = callable


def startswith(prefixes: Sequence[str]) -> Callable[..., bool]:
    """`url.lower().startswith(tuple_of_prefixes)` alone: whether, not which; no challenges."""
    texts = tuple(prefix.lower() for prefix in prefixes)

    def begins(url: str, _caller: Any = None, _response_code: int = 0) -> bool:
        return url.lower().startswith(texts)

    return begins
