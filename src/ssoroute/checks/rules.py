"""Every rule of `ssoroute check`: the one table that code, command line and docs share.

The table is `rules.toml` beside this file, and tools/check_doc.py writes docs/check.md from it. The
codes of the loaders come from `loaders/findings.py` unchanged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from ssoroute.loaders.findings import CODES, Code
from ssoroute.model.authority import Authority
from ssoroute.model.finding import Severity
from ssoroute.model.packaged import packaged_text

__all__ = ["CheckRule", "rules"]


@dataclass(frozen=True, slots=True)
class CheckRule:
    """One row: what a code means, why it matters, and how to repair it (empty: see the finding).

    `severity` is the severity of nearly all findings; `text` names the exceptions. `at_key` says
    that a finding points at a key and not at its value. `docs` is the place in the docs.
    """

    code: str
    severity: Severity
    authority: Authority
    title: str
    text: str
    hint: str
    docs: str
    at_key: bool = False


@cache
def rules() -> Mapping[str, CheckRule]:
    """The table by code, in the order of the codes.

    >>> print(rules()["SSO202"].severity, rules()["SSO202"].title)
    warning prefix ends inside the authority
    """
    import tomllib

    table = packaged_text("checks/rules.toml")
    rows = [*_of_loaders(), *(_rule(code, row) for code, row in tomllib.loads(table).items())]
    return {rule.code: rule for rule in rows}


def _rule(code: str, row: Mapping[str, Any]) -> CheckRule:
    return CheckRule(
        code,
        Severity(row["severity"]),
        Authority(row["authority"]),
        row["title"],
        " ".join(row["text"].split()),
        row["hint"],
        f"docs/check.md#{code.lower()}",
        row.get("at") == "key",
    )


#: Codes of the loaders that do not rest on a documented format.
_READINGS: Final = frozenset(
    {Code.UNKNOWN_SCOPE, Code.IGNORED_FIELD, Code.INSTALL_DATE, Code.UNSUPPORTED_VALUE}
)


def _of_loaders() -> Iterator[CheckRule]:
    for code, (severity, title) in CODES.items():
        if code is Code.DUPLICATE_KEY:
            continue  # it has a row of its own
        authority = Authority.READING if code in _READINGS else Authority.DOCUMENTED
        text = "Reported while the files are read; docs/loading.md describes what can be read."
        yield CheckRule(code.value, severity, authority, title, text, "", "docs/loading.md#codes")
