"""What a real device says about itself: facts from its sysdiagnose or its tools, with sources.

The parsers of single texts are in `loaders`. Here their facts are joined into one device, and it is
said where two sources disagree and what is missing.
"""

from ssoroute.real_device.join import load_sysdiagnose, read_sources
from ssoroute.real_device.values import Contradiction, Fact, FactKind, Missing, RealDevice

__all__ = [
    "Contradiction",
    "Fact",
    "FactKind",
    "Missing",
    "RealDevice",
    "load_sysdiagnose",
    "read_sources",
]
