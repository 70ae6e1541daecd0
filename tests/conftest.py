"""Options of the test run."""

from __future__ import annotations

import pytest
from hypothesis import settings


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--worlds",
        type=int,
        default=200,
        help="how many random worlds each property is tried on (default: %(default)s)",
    )
    parser.addoption(
        "--growth",
        action="store_true",
        help="measure every family of input of the growth table, not only the quick ones",
    )


def pytest_configure(config: pytest.Config) -> None:
    # The machine may be busy: a slow example is not a failure. Everything found is printed in full.
    settings.register_profile(
        "ssoroute", max_examples=config.getoption("--worlds"), deadline=None, print_blob=True
    )
    settings.load_profile("ssoroute")
