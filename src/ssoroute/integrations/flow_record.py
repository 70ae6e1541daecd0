"""How a decision is written into a flow: a record, a comment, tags, an answer.

This file works without mitmproxy.

A *record* is a decision as JSON with two more members. `request` is the request as it was routed.
`load` is the record of the load before a challenge, else null.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final, TypeAlias

from ssoroute.model.decision import Outcome
from ssoroute.model.request import CHALLENGE_CODES, Request, RequestError
from ssoroute.model.spelling import Spelling, SpellingError
from ssoroute.routing.router import Router

__all__ = [
    "CHALLENGE_CODES",
    "Record",
    "answer",
    "asked_before",
    "asked_url",
    "comment",
    "record_challenge",
    "record_load",
    "tags",
    "taken",
    "text_of",
]

Record: TypeAlias = dict[str, Any]

#: The beginning of our line in a comment.
_OURS: Final = "ssoroute: "


def text_of(value: str) -> str:
    r"""A header's value or a URL from the network, as text that can be stored.

    >>> text_of("caf\udce9")
    'caf\ufffd'
    """
    return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def asked_url(url: str, upgrade: str) -> str:
    """The URL that the app asked for, from the `url` of a log and the request header `Upgrade`.

    >>> asked_url("https://h/chat", "websocket")
    'wss://h/chat'
    """
    # Reading: a WebSocket handshake has the scheme `ws` or `wss`; proxies and browsers log it as
    # an http request with this header.
    offered = {token.strip().lower() for token in upgrade.split(",")}
    if "websocket" in offered and url[:8].lower().startswith(("http://", "https://")):
        return "ws" + url[4:]
    return url


def asked_before(record: object) -> tuple[str, str | None] | None:
    """URL and caller of the record of a flow that comes again, or None if it has no record."""
    if not isinstance(record, Mapping) or not isinstance(record.get("url"), str):
        return None
    try:
        return record["url"], Request.from_json(record.get("request")).caller
    except RequestError:
        return None


def record_load(router: Router, url: str, caller: str | None, spelling: Spelling | str) -> Record:
    """The record of the plain load of `url`, routed in `spelling`.

    A URL that a browser could not load is routed as it is.
    """
    routed = url
    with suppress(SpellingError):
        routed = Spelling(spelling).of(url)
    return _record(router, url, Request(routed, caller), None)


def record_challenge(router: Router, before: Record, code: int) -> Record:
    """The record of the challenge `code` (401 or 407) after the load `before`."""
    first = before["load"] or before
    request = replace(Request.from_json(first["request"]), response_code=code)
    return _record(router, first["url"], request, first)


def _record(router: Router, url: str, request: Request, before: Record | None) -> Record:
    decision = router.route(request.url, request.caller, request.response_code)
    return {**decision.to_json(url), "request": request.to_json(), "load": before}


def taken(record: Mapping[str, Any]) -> bool:
    """Whether an extension would take this request."""
    return bool(record["outcome"] == Outcome.HANDLE)


def comment(old: str, record: Mapping[str, Any]) -> str:
    """The comment `old` with one line about this decision, which replaces an earlier one.

    The line is printable and does not hold the URL.
    """
    line = _line(record)
    if record["load"]:
        line = f"{_line(record['load'])}; on {record['request']['response_code']} {line}"
    kept = [text for text in old.split("\n") if text and not text.startswith(_OURS)]
    return "\n".join([*kept, _OURS + line])


def tags(record: Mapping[str, Any]) -> list[str]:
    """The values of the header that tags a flow: one for each request that an extension would take.

    `load` or `challenge`, the reason, and the extension (`-` for the system's own).
    """
    steps = [record["load"], record] if record["load"] else [record]
    return [
        f"{'challenge' if step['load'] else 'load'} {step['reason']} {_extension(step)}"
        for step in steps
        if taken(step)
    ]


def answer(record: Mapping[str, Any]) -> bytes:
    """The body with which a proxy answers in place of the server: the record as JSON."""
    return json.dumps(record).encode("ascii") + b"\n"


def _line(record: Mapping[str, Any]) -> str:
    parts = [record["outcome"]]
    if record["extension"]:
        parts.append(_extension(record))
    parts.append(record["reason"])
    if record["rule"]:
        parts.append(_ascii(record["rule"]["text"]))
    if record["lookalike"]:
        parts.append("(look-alike)")
    return " ".join(parts)


def _extension(record: Mapping[str, Any]) -> str:
    extension = record["extension"]
    return _ascii(extension["bundle_id"]) if extension else "-"


def _ascii(text: str) -> str:
    """`text` as it can be sent in a header: visible ASCII, everything else as `?`."""
    return "".join(c if "!" <= c <= "~" else "?" for c in text)
