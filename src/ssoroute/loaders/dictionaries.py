"""The dictionaries of an array; what else is in it is reported and left out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ssoroute.loaders.findings import Code, Report
from ssoroute.model.kinds import PROPERTY_LIST, must_be
from ssoroute.model.profile import Value
from ssoroute.model.source import Source

__all__ = ["dictionaries"]


def dictionaries(
    items: Iterable[Value],
    place: Source,
    report: Report,
    what: str = "an item",
    dictionary: str = PROPERTY_LIST,
) -> Iterator[tuple[Source, Mapping[str, Value]]]:
    """The dictionaries among the `items` of the array at `place`, each with its own place.

    Messages call one of them `what`, and a mapping a `dictionary`.
    """
    for index, item in enumerate(items):
        if isinstance(item, Mapping):
            yield place.item(index), item
        else:
            message = f"{what} {must_be(dictionary, item, dictionary)}"
            report.add(Code.WRONG_TYPE, place.item(index), message)
