"""Which engine runs: the compiled twin of the tables, or the pure ones alone."""

from __future__ import annotations

import os
from importlib import import_module
from types import ModuleType
from typing import Final

__all__ = ["accelerated", "compiled"]


def _compiled_module() -> ModuleType | None:
    # The one look at the environment: it decides which code runs, never what it answers.
    if os.environ.get("SSOROUTE_PURE") == "1":
        return None
    try:
        return import_module("ssoroute.routing._compiled")
    except ImportError:
        return None


#: The compiled twin, None if the package was installed without it or `SSOROUTE_PURE` is 1.
compiled: Final = _compiled_module()
#: Whether the compiled twin runs.
accelerated: Final = compiled is not None
