"""Real profiles: what is found in each file of the corpus, pinned.

The corpus is beside the project and not a part of it; without it these tests are skipped.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Final

import pytest

from ssoroute.checks import check
from ssoroute.checks.repairs import repair_all
from ssoroute.loaders import load
from ssoroute.model.finding import Finding, LoadError

ROOT: Final = Path(__file__).parents[1]
CORPUS: Final = ROOT.parent / "shared" / "corpus"

needs_corpus = pytest.mark.skipif(
    not CORPUS.is_dir(), reason=f"the corpus of real profiles is not there: {CORPUS}"
)

_MICROSOFT: Final = {"SSO202 info": 7, "SSO801 info": 1}
_ONE_HOST: Final = {"SSO202 info": 1, "SSO801 info": 1}
#: A top-level method beside the one that counts, for macOS 13.
_BOTH: Final = {"SSO603 info": 1}

#: The beginning of the file's name -> what is found, by code and severity.
PINNED: Final[dict[str, dict[str, int]]] = {
    "001": {"SSO603 warning": 1, "SSO801 info": 1},
    "002": {"SSO105 warning": 1, "SSO108 info": 2, "SSO801 info": 1},
    "006": {"SSO603 warning": 1, "SSO801 info": 1},
    "007": {**_MICROSOFT, **_BOTH},
    "008": {**_MICROSOFT, "SSO108 info": 1},
    "009": {**_MICROSOFT, **_BOTH},
    "010": _MICROSOFT,
    "011": {"SSO801 info": 1},
    "012": {"SSO203 info": 1, "SSO801 info": 1},
    "013": _ONE_HOST,
    "014": {"SSO202 warning": 1, "SSO801 info": 1},  # an extension without vendor documents
    "015": {"SSO202 info": 1},  # a profile lists the associated domain
    "021": {**_MICROSOFT, **_BOTH},
    "027": {**_MICROSOFT, **_BOTH, "SSO705 warning": 1},
    "028": _MICROSOFT,  # it names an extension for iOS, so it is checked as iOS
    "031": {**_MICROSOFT, "SSO202 warning": 2},  # two that Microsoft does not list
    "032": {**_MICROSOFT, **_BOTH, "SSO705 warning": 1},
    "035": {"SSO021 info": 1},
    "037": {**_MICROSOFT, **_BOTH, "SSO108 info": 2},
    "038": {"SSO107 warning": 2, "SSO201 error": 2, **_BOTH},
    "043": _ONE_HOST,
    "044": {"SSO202 info": 4, "SSO801 info": 1, "SSO902 info": 1},
    "047": {"SSO202 info": 3, "SSO801 info": 1, "SSO902 info": 1, **_BOTH},
    "048": {**_MICROSOFT, **_BOTH},
    "051": {"SSO006 error": 1},
    "052": {"SSO108 info": 1},
    "053": {"SSO302 error": 3},
    "054": {"SSO108 info": 2},
    "055": {"SSO108 info": 2},
    "088": {},
}

#: What PROVENANCE.md says about the files in which errors are found.
ERRORS: Final = {
    "038": {"SSO201"},  # "${...} template variable"
    "051": {"SSO006"},  # "not well-formed"
    "053": {"SSO302"},  # "host with *"
}


def found_in(path: Path, *targets: str) -> list[Finding]:
    try:
        return check(load(path), targets)
    except LoadError as error:
        return list(error.findings)


def counted(findings: list[Finding]) -> dict[str, int]:
    return dict(Counter(f"{finding.code} {finding.severity}" for finding in findings))


@needs_corpus
@pytest.mark.parametrize("number", PINNED)
def test_what_is_found_in_a_real_profile(number: str) -> None:
    (path,) = CORPUS.glob(f"{number}-*")
    assert counted(found_in(path)) == PINNED[number]


@needs_corpus
def test_every_file_of_the_corpus_is_pinned() -> None:
    assert {path.name[:3] for path in CORPUS.glob("[0-9]*")} == PINNED.keys()


@pytest.mark.parametrize("number", PINNED)
def test_a_sound_profile_raises_no_error(number: str) -> None:
    errors = {name.partition(" ")[0] for name in PINNED[number] if name.endswith(" error")}
    assert errors == ERRORS.get(number, set())


@needs_corpus
def test_a_profile_for_ios_on_ios_and_on_macos() -> None:
    (path,) = CORPUS.glob("028-*")
    assert counted(found_in(path, "iOS")) == _MICROSOFT
    assert counted(found_in(path, "macOS")) == {**_MICROSOFT, "SSO607 info": 1}


@needs_corpus
def test_values_have_lines_where_the_file_has_some() -> None:
    for path in CORPUS.glob("[0-9]*"):
        has_lines = not path.name.startswith("035")  # signed
        for finding in found_in(path):
            if finding.code != "SSO006":  # the error itself is not in its members
                assert (finding.line is not None) is has_lines, finding


@pytest.mark.parametrize("path", sorted((ROOT / "examples" / "profiles").iterdir()), ids=str)
def test_the_examples_follow_their_vendors(path: Path) -> None:
    assert {finding.severity for finding in found_in(path)} <= {"info"}


@needs_corpus
def test_nothing_in_the_corpus_is_repaired() -> None:
    files = [path for path in sorted(CORPUS.iterdir()) if path.name[:3] in PINNED]
    assert len(files) > 20
    for path in files:
        try:
            profiles = load(path)
        except LoadError:
            continue
        done = repair_all(profiles, {str(path): path.read_bytes()})
        assert (done.files, done.left) == ({}, ()), path.name
