"""The types of what a request is asked with, and the errors for others.

Both engines call this only after they noticed that something is wrong, so right arguments pay
nothing for it.
"""

from __future__ import annotations

from ssoroute.model.kinds import python_kind

__all__ = ["check_types"]


def check_types(url: object, caller: object, response_code: object) -> None:
    """Raise `TypeError` for the first argument of a wrong type; the message says what to pass.

    >>> check_types("https://h.example/", None, 401)
    >>> check_types("https://h.example/", None, "401")
    Traceback (most recent call last):
    TypeError: `response_code` must be an integer, not str; pass 0, 401 or 407
    """
    if not isinstance(url, str):
        advice = "decode them" if isinstance(url, bytes) else "pass the absolute URL as text"
        raise TypeError(f"`url` must be a string, not {python_kind(url)}; {advice}")
    if not isinstance(caller, str | None):
        raise TypeError(
            f"`caller` must be a string or None, not {python_kind(caller)};"
            " pass the bundle identifier of the app"
        )
    if not isinstance(response_code, int):
        raise TypeError(
            f"`response_code` must be an integer, not {python_kind(response_code)};"
            " pass 0, 401 or 407"
        )
