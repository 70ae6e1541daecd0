"""The decision log: one JSON line a decision, without path, query and userinfo by default."""

from __future__ import annotations

import itertools
import json
import threading
from typing import TextIO

from ssoroute.model.decision import Decision
from ssoroute.model.request import Request
from ssoroute.model.urls import host_text, without_password

__all__ = ["DecisionLog"]


class DecisionLog:
    """Writes decisions to `stream`, from any thread.

    With `urls` it writes the URL of each request as well, without its password.
    """

    def __init__(self, stream: TextIO, *, urls: bool = False) -> None:
        self._stream = stream
        self._urls = urls
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    def write(self, request: Request, decision: Decision, digest: str) -> None:
        """Add one line."""
        line: dict[str, object] = {
            "configuration": digest,
            "outcome": decision.outcome.value,
            "reason": decision.reason.value,
            "extension": decision.extension and decision.extension.bundle_id,
            "caller": request.caller,
            "host": host_text(request.url),
        }
        if self._urls:
            line["url"] = without_password(request.url)
        with self._lock:
            self._stream.write(json.dumps({"id": next(self._numbers), **line}) + "\n")
            self._stream.flush()
