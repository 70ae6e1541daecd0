"""An index of the compiled module, made from texts and their ranks."""

from __future__ import annotations

import os
from array import array
from typing import Any

import pytest

from fuzz.engines import compiled_module
from ssoroute.model.decision import NO_MATCH
from ssoroute.routing.tables import in_compiled_order

__all__ = ["compiled_index"]


def compiled_index(ranks: dict[str, int]) -> Any:
    """The same texts as URL prefixes, as hosts and as suffixes of hosts."""
    module = compiled_module()
    if module is None:
        pytest.skip("no compiled module, and no C compiler to build it")
    numbers = array("i", [0] * len(ranks))
    forwards, backwards = in_compiled_order(ranks), in_compiled_order(ranks, from_the_end=True)
    empty: tuple[tuple[str, ...], tuple[int, ...]] = ((), ())
    parts = (forwards, empty, forwards, backwards, numbers, numbers, (frozenset[str](),))
    return module.Index(
        os.urandom(56), *parts, (NO_MATCH,) * len(ranks), NO_MATCH, None, None, None, True
    )
