"""JSON that several tests expect, written down once."""

from __future__ import annotations

__all__ = ["no_match", "plain_request"]


def no_match(url: str) -> dict[str, object]:
    """The decision about `url` if nothing matches."""
    return {
        "schema": 1,
        "url": url,
        "outcome": "do_not_handle",
        "reason": "no_match",
        "extension": None,
        "rule": None,
        "lookalike": False,
        "notes": [],
    }


def plain_request(url: str) -> dict[str, object]:
    """The request for `url` by an unknown caller, without a challenge, on an unlocked screen."""
    return {
        "url": url,
        "caller": None,
        "response_code": 0,
        "screen_locked": False,
        "user_interface_enabled": True,
        "background_session": False,
    }
