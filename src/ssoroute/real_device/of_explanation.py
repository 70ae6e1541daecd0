"""What a real device says that concerns one explanation."""

from __future__ import annotations

from collections.abc import Iterator

from ssoroute.model.decision import Outcome
from ssoroute.model.patterns import URLPrefix
from ssoroute.model.payload import Extension, RedirectPayload
from ssoroute.real_device.beside import facts_beside, log_beside
from ssoroute.real_device.values import Fact, RealDevice
from ssoroute.routing.explanation import Explanation

__all__ = ["facts_of", "facts_to_json", "log_of"]


def facts_of(explanation: Explanation) -> list[Fact]:
    """What the device says about the payloads of the explanation."""
    return list(facts_beside(explanation.device, _claims(explanation)))


def log_of(explanation: Explanation, real: RealDevice) -> list[Fact]:
    """What the device's logs say about the request."""
    handled = explanation.decision.outcome is Outcome.HANDLE
    return list(log_beside(real.events, explanation.request.url, handled=handled))


def facts_to_json(explanation: Explanation, real: RealDevice) -> dict[str, object]:
    """Both as members beside those of the explanation (docs/real-devices.md)."""
    return {
        "device_facts": [fact.to_json() for fact in facts_of(explanation)],
        "log_facts": [fact.to_json() for fact in log_of(explanation, real)],
    }


def _claims(explanation: Explanation) -> Iterator[tuple[Extension, str | None]]:
    for step in explanation.steps:
        payload = step.payload
        if payload is None:
            continue
        yield payload.extension, None
        prefixes = payload.url_prefixes if isinstance(payload, RedirectPayload) else ()
        for prefix in (*prefixes, step.rule):
            if isinstance(prefix, URLPrefix) and prefix.is_routable:
                yield payload.extension, prefix.parts.associated_host
