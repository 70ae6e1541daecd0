"""The settings of a property that is tried on random worlds."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

__all__ = ["on_worlds"]

# A world is large, and drawing one takes a while.
settings.register_profile(
    "worlds",
    settings.get_profile("ssoroute"),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
on_worlds = settings(settings.get_profile("worlds"))
