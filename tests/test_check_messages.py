"""Every finding, word for word: each code with what raises it, and with what is near and does not.

`data/check/messages.txt` has the findings, to be read as prose; `check_cases/` has the inputs.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

from check_cases import (
    comments,
    conflicts,
    devices,
    extension_data,
    keys,
    platform_sso,
    prefixes_and_hosts,
    vendors,
)
from check_world import findings
from ssoroute.checks.rules import rules
from ssoroute.loaders.findings import CODES, Code
from ssoroute.model.finding import Finding

MESSAGES: Final = Path(__file__).parent / "data" / "check" / "messages.txt"
CASES: Final = {
    **keys.CASES,
    **comments.CASES,
    **prefixes_and_hosts.CASES,
    **conflicts.CASES,
    **platform_sso.CASES,
    **vendors.CASES,
    **devices.CASES,
    **extension_data.CASES,
}


def as_text(found: list[Finding]) -> str:
    """The findings as `messages.txt` has them."""
    lines: list[str] = []
    for finding in found:
        lines += [f"{finding.severity} {finding.source}", f"  {finding.message}"]
        if finding.hint:
            lines.append(f"  hint: {finding.hint}")
        lines += [f"  see also: {source}" for source in finding.related]
        if finding.witness:
            code = finding.witness.response_code
            lines.append(f"  witness: {finding.witness.url}" + (f" ({code})" if code else ""))
    return "\n".join(lines)


def messages() -> dict[str, str]:
    """The sections of `messages.txt`."""
    text = MESSAGES.read_text(encoding="utf-8")
    sections = re.split(r"^## (.+)\n", text, flags=re.MULTILINE)[1:]
    return {title: said.strip() for title, said in zip(sections[::2], sections[1::2], strict=True)}


@pytest.mark.parametrize("title", CASES)
def test_every_finding_word_for_word(title: str) -> None:
    code, _, rest = title.partition(" ")
    given = CASES[title]
    found = [f for f in findings(*given.files, targets=given.targets) if f.code == code]
    assert as_text(found) == messages().get(title, "")
    assert bool(found) is not rest.startswith("not ")
    for finding in found:
        assert finding.authority == rules()[code].authority


def test_no_message_is_left_over() -> None:
    assert set(messages()) == {title for title in CASES if " not " not in title[6:11]}


#: Their input is a file of a site; `test_check_sites.py` has them.
ELSEWHERE: Final = {"SSO803"}


@pytest.mark.parametrize(
    "code", [code for code in rules() if code not in CODES or code == Code.DUPLICATE_KEY]
)
def test_each_code_has_what_raises_it_and_what_does_not(code: str) -> None:
    titles = [title.partition(" ")[2] for title in CASES if title.startswith(code)]
    if code not in ELSEWHERE:
        assert any(title.startswith("not ") for title in titles)
        assert any(not title.startswith("not ") for title in titles)


@pytest.mark.parametrize("title", messages())
def test_messages_are_in_our_style(title: str) -> None:
    for line in messages()[title].split("\n"):
        if not line.startswith("  ") or line.startswith(("  see also", "  witness")):
            continue
        said = line.strip().removeprefix("hint: ")
        assert not said.endswith("."), said
        first = said.split()[0]
        known = first.startswith(("`", "PingID", "Okta", "Microsoft", "Fleet", "Kerberos", "SSO"))
        assert known or first == first.lower(), said
