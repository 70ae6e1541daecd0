"""A device that changes: it installs, removes, locks and routes, and its state can be saved."""

from ssoroute.emulation.emulated_device import EmulatedDevice

__all__ = ["EmulatedDevice"]
