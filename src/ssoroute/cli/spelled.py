"""A URL in the spelling in which it is to be routed."""

from __future__ import annotations

from ssoroute.model.spelling import SpellingError, browser_url

__all__ = ["SpellingError", "other_spelling", "spelled"]


def spelled(url: str, spelling: str) -> str:
    """`url` as `spelling` (`app` or `browser`) has it; `SpellingError` where no browser asks it."""
    return browser_url(url) if spelling == "browser" else url


def other_spelling(url: str, spelling: str) -> str | None:
    """`url` in the spelling that `spelling` is not, None where it has none."""
    try:
        return spelled(url, "app" if spelling == "browser" else "browser")
    except SpellingError:
        return None
