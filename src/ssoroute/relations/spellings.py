"""Strict matching depends on the case of a path, so it cuts a region by how a URL is spelled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ssoroute.model.patterns import URLPrefix
from ssoroute.model.urls import authority_end, authority_start
from ssoroute.relations.cells import Part
from ssoroute.relations.regions import Comparison, Condition
from ssoroute.routing.strict import holds_strictly

__all__ = ["spelled_parts"]


def spelled_parts(whole: Part, prefixes: Sequence[URLPrefix]) -> Iterator[Part]:
    """`whole`, cut by which of the `prefixes` hold strictly; at most two, one for each side.

    Both begin the URLs of the region. Nothing but the case of a path is left to decide.
    """
    found: dict[tuple[bool, ...], str] = {}
    for url in _spellings(whole.witness.url, sorted(prefixes, key=lambda p: len(p.text))):
        holds = tuple(holds_strictly(prefix, url) for prefix in prefixes)
        found.setdefault(holds, url)
    if len(found) <= 1:  # the case decides nothing
        yield whole
        return
    conditions = [Condition(Comparison.HOLDS_STRICTLY, prefix.text) for prefix in prefixes]
    for holds, url in found.items():
        held = zip(conditions, holds, strict=True)
        all_of = [condition for condition, holds in held if holds]
        none_of = [condition for condition in conditions if condition not in all_of]
        region = replace(
            whole.region,
            all_of=tuple(dict.fromkeys((*whole.region.all_of, *all_of))),
            none_of=tuple(dict.fromkeys((*none_of, *whole.region.none_of))),
        )
        yield Part(region, replace(whole.witness, url=url))


def _spellings(url: str, prefixes: Sequence[URLPrefix]) -> Iterator[str]:
    """Spellings of `url`: one for each way in which the prefixes, shortest first, can be met.

    Both are met; the shorter one alone; the longer one alone (if it contradicts the shorter one);
    and none, for which one letter of the shorter one is turned, and every other letter of the
    longer one.
    """
    if not prefixes:
        yield url
        return
    short, long = prefixes[0].text, prefixes[-1].text
    start, rest = authority_end(long, authority_start(long)), url[len(long) :]
    turned = long[:start] + long[start:].swapcase()
    yield long + rest
    yield short + turned[len(short) :] + rest
    letter = next((at for at in range(start, len(short)) if short[at].isalpha()), None)
    if letter is not None:
        yield turned[:letter] + short[letter].swapcase() + turned[letter + 1 :] + rest
