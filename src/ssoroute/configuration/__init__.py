"""The configuration file of the command line: what stands in it, and where.

`find_configuration` looks for the file, `read_configuration` reads it, and `Configuration` holds
what it says. docs/configuration.md describes the keys.
"""

from __future__ import annotations

from ssoroute.configuration.finding_it import find_configuration
from ssoroute.configuration.reader import read_configuration
from ssoroute.configuration.values import CheckSettings, Configuration, PathSettings, Setting

__all__ = [
    "CheckSettings",
    "Configuration",
    "PathSettings",
    "Setting",
    "find_configuration",
    "read_configuration",
]
