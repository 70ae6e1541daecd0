"""The tables of the compiled module, made from texts and their ranks."""

from __future__ import annotations

import os
from typing import Any

import pytest

from fuzz.engines import compiled_module
from ssoroute.routing.tables import in_compiled_order
from ssoroute.routing.wildcards import Wildcards

__all__ = ["compiled_tables"]


def compiled_tables(ranks: dict[str, int], wildcards: Wildcards | None = None) -> Any:
    """The same texts as URL prefixes, as hosts and as suffixes of hosts."""
    module = compiled_module()
    if module is None:
        pytest.skip("no compiled module, and no C compiler to build it")
    wildcards = wildcards or Wildcards({})
    forwards, backwards = in_compiled_order(ranks), in_compiled_order(ranks, from_the_end=True)
    return module.Tables(
        key=os.urandom(56),
        urls=forwards,
        heads=(wildcards.heads, (0,) * len(wildcards.heads)),
        wildcards=wildcards.compiled_parts,
        hosts=forwards,
        suffixes=backwards,
    )
