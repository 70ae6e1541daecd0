"""The errors that several rooms raise; every other exception is defined where it is raised."""

from __future__ import annotations

__all__ = ["DeviceError", "SsorouteError"]


class SsorouteError(Exception):
    """Every error that this library raises on purpose."""


class DeviceError(SsorouteError, ValueError):
    """The description of a device, its platform, version or channel is invalid."""
