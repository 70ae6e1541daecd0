"""Between the two forms of an SSO configuration: the profile and the declaration.

`to_declaration` and `to_profile` make one from the other, and say what has no counterpart. Which
key becomes which is in `model/keys.csv`. docs/convert.md describes the behaviour.
"""

from __future__ import annotations

from ssoroute.conversion.converted import Converted, LeftOut
from ssoroute.conversion.declaration import to_declaration
from ssoroute.conversion.errors import ConversionError
from ssoroute.conversion.profile import to_profile

__all__ = ["ConversionError", "Converted", "LeftOut", "to_declaration", "to_profile"]
