"""What loading reports, as the tests of the loaders ask for it."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from ssoroute.loaders import load
from ssoroute.loaders.files import Input
from ssoroute.model.finding import Finding, LoadError


def codes(findings: tuple[Finding, ...]) -> list[str]:
    return [finding.code for finding in findings]


def failure(*sources: Input | Iterable[Input]) -> LoadError:
    with pytest.raises(LoadError) as caught:
        load(*sources)
    return caught.value
