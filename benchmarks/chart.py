"""The comparison as an SVG chart: one bar a contender and workload, on a logarithmic axis."""

from __future__ import annotations

import math
from collections.abc import Mapping
from html import escape
from typing import Final

from benchmarks.timing import Figures

__all__ = ["chart"]

COLOURS: Final = ("#4477aa", "#66ccee", "#ee6677")
TITLE: Final = "Nanoseconds a request, whole mix (logarithmic; shorter is better)"
UNITS: Final = ("ns", "µs", "ms", "s")
LEFT, WIDTH, BAR, GAP, TOP = 210, 520, 9, 10, 46


def chart(figures: Mapping[str, Mapping[str, Figures]]) -> str:
    """The SVG text; `figures` by workload and contender."""
    names = list(dict.fromkeys(name for found in figures.values() for name in found))
    values = [found.least for by_name in figures.values() for found in by_name.values()]
    low = math.floor(math.log10(max(min(values), 1)))
    high = math.ceil(math.log10(max(values)))
    row = BAR * len(figures) + GAP
    height = TOP + row * len(names) + 24

    def x(value: float) -> float:
        return LEFT + WIDTH * (math.log10(max(value, 1)) - low) / (high - low)

    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + 90}" height="{height}">',
        '<g font-family="sans-serif" font-size="12">',
        '<rect width="100%" height="100%" fill="#ffffff"/>',
        f'<text x="10" y="18" font-weight="bold">{escape(TITLE)}</text>',
    ]
    for place, (load, colour) in enumerate(zip(figures, COLOURS, strict=False)):
        left = LEFT + 90 * place
        lines.append(f'<rect x="{left}" y="27" width="10" height="10" fill="{colour}"/>')
        lines.append(f'<text x="{left + 15}" y="36">{escape(load)}</text>')
    for power in range(low, high + 1):
        at = x(10**power)
        lines.append(
            f'<line x1="{at:.0f}" y1="{TOP}" x2="{at:.0f}" y2="{height - 20}" stroke="#dddddd"/>'
        )
        lines.append(
            f'<text x="{at:.0f}" y="{height - 6}" text-anchor="middle">{_time(power)}</text>'
        )
    for number, name in enumerate(names):
        top = TOP + row * number + 4
        middle = top + BAR * len(figures) / 2 + 4
        lines.append(f'<text x="{LEFT - 8}" y="{middle}" text-anchor="end">{escape(name)}</text>')
        for place, (by_name, colour) in enumerate(zip(figures.values(), COLOURS, strict=False)):
            found = by_name.get(name)
            if found is None:
                continue
            y, length = top + BAR * place, x(found.least) - LEFT
            lines.append(
                f'<rect x="{LEFT}" y="{y}" width="{max(length, 1):.0f}" height="{BAR - 1}"'
                f' fill="{colour}"/>'
            )
            lines.append(
                f'<text x="{LEFT + length + 4:.0f}" y="{y + BAR - 1}" font-size="9">'
                f"{found.least:,.0f}</text>"
            )
    return "\n".join([*lines, "</g>", "</svg>", ""])


def _time(power: int) -> str:
    """Ten to the `power` nanoseconds, in a unit that keeps it short."""
    unit = min(max(power, 0) // 3, len(UNITS) - 1)
    return f"{10 ** (power - 3 * unit):,} {UNITS[unit]}"
