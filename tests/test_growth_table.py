"""One promise: eight times the input takes at most about eight times the time and the memory.

One row a family of input (`growth_families/`). Each is measured at a size and at twice, four and
eight times that, and fails if the largest takes more than 1.5 times its share (3 times for one long
text). The time is the thread's own, the least of several rounds. `--growth` runs every row, the
default run those that are quick.
"""

from __future__ import annotations

import tracemalloc

import pytest

from growth_families import commands, device_sources, files, forms, library
from growth_families.family import TOLERANCE, Family, Work
from test_growth import seconds

FAMILIES = [
    *files.FAMILIES,
    *forms.FAMILIES,
    *device_sources.FAMILIES,
    *library.FAMILIES,
    *commands.FAMILIES,
]
DOUBLINGS = (1, 2, 4, 8)
FLOOR = 0.001  # seconds that the smallest takes; below it the clock is measured
MEMORY_FLOOR = 64_000  # bytes; below it Python takes small objects from its own stock
MOST = 256  # times the size that a row begins with
ATTEMPTS = 12


def test_the_families_have_names_of_their_own() -> None:
    names = [family.name for family in FAMILIES]
    assert len(set(names)) == len(names) >= 80


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_the_time_grows_with_the_input(family: Family, request: pytest.FixtureRequest) -> None:
    if not (family.quick or request.config.getoption("--growth")):
        pytest.skip("runs with --growth")
    size = enough(family)
    works = [family.work_on(size * times) for times in DOUBLINGS]
    least = [float("inf")] * len(works)
    for _ in range(ATTEMPTS):  # a busy machine is asked again; the least of all rounds counts
        least = [min(one, seconds(work, 1)) for one, work in zip(least, works, strict=True)]
        if least[-1] <= allowed(least, family.tolerance):
            return
    pytest.fail(f"8 times the input: {least} seconds for {DOUBLINGS} times the size")


def enough(family: Family) -> int:
    """A size that takes long enough to be measured, or so large that a limit ends the work soon."""
    size = family.size
    while size < MOST * family.size and seconds(family.work_on(size), 1) < FLOOR:
        size *= 2
    return size


def allowed(least: list[float], tolerance: float = TOLERANCE) -> float:
    """How long the largest may take: its share of the two smallest, times `tolerance`."""
    share = max(least[0], least[1] / DOUBLINGS[1])
    return tolerance * DOUBLINGS[-1] * max(share, FLOOR / DOUBLINGS[-1])


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_the_memory_grows_with_the_input(family: Family, request: pytest.FixtureRequest) -> None:
    if not (family.quick or request.config.getoption("--growth")):
        pytest.skip("runs with --growth")
    family.work_on(family.size)()  # what is loaded once does not count
    small, large = (peak(family.work_on(family.size * times)) for times in (1, DOUBLINGS[-1]))
    assert large <= TOLERANCE * DOUBLINGS[-1] * max(small, MEMORY_FLOOR), (small, large)


def peak(work: Work) -> int:
    """The most bytes that Python's objects have during the work."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_quadratic_row_is_noticed() -> None:
    def work_on(size: int) -> Work:
        return lambda: sum(1 for _ in range(size) for _ in range(size))

    least = [seconds(work_on(150 * times), 2) for times in DOUBLINGS]
    assert least[-1] > allowed(least)
