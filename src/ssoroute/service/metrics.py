"""Counters for Prometheus: by outcome and extension, never by URL."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

from ssoroute.model.decision import Decision

__all__ = ["Metrics"]


class Metrics:
    """The metrics of one service."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._decisions = Counter(
            "ssoroute_decisions",
            "Decisions by outcome and extension.",
            ["outcome", "extension"],
            registry=self._registry,
        )
        self._reloads = Counter(
            "ssoroute_reloads", "Reloads by result.", ["result"], registry=self._registry
        )
        self._installed = Gauge(
            "ssoroute_profiles_installed", "Profiles installed now.", registry=self._registry
        )
        #: Label lookups are slow, so each child is kept.
        self._children: dict[tuple[str, str], Counter] = {}

    def count(self, decision: Decision) -> None:
        """Count one decision."""
        extension = decision.extension.bundle_id if decision.extension else ""
        key = (decision.outcome.value, extension)
        child = self._children.get(key)
        if child is None:
            child = self._children[key] = self._decisions.labels(*key)
        child.inc()

    def reloaded(self, result: str) -> None:
        """Count one reload: `changed`, `unchanged` or `failed`."""
        self._reloads.labels(result).inc()

    def text(self, installed: int) -> bytes:
        """All of it in Prometheus' text format."""
        self._installed.set(installed)
        return generate_latest(self._registry)
