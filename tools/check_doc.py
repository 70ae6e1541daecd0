"""Writes the rules into `docs/check.md` from the package's table: `python tools/check_doc.py`."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from ssoroute.checks.rules import CheckRule, rules
from ssoroute.loaders.findings import CODES, Code

DOC: Final = Path(__file__).parent.parent / "docs" / "check.md"
START: Final = "<!-- written by tools/check_doc.py: from here -->\n"

FAMILIES: Final = {
    "1": "Keys and values",
    "2": "URL prefixes",
    "3": "Hosts",
    "4": "Between payloads and profiles",
    "5": "Denied callers",
    "6": "Platforms and versions",
    "7": "Platform SSO",
    "8": "Associated domains",
    "9": "Known extensions",
}


def page() -> str:
    """The whole page: what people wrote, then the rules."""
    written, _, _ = DOC.read_text(encoding="utf-8").partition(START)
    return written + START + rules_markdown()


def rules_markdown() -> str:
    """The table of all rules, and a section for each."""
    own = [r for r in rules().values() if r.code not in CODES or r.code == Code.DUPLICATE_KEY]
    lines = ["", "| code | severity | known | what |", "|---|---|---|---|"]
    lines += (
        f"| [{rule.code}](#{rule.code.lower()}) | {rule.severity} | {rule.authority}"
        f" | {rule.title} |"
        for rule in own
    )
    family = ""
    for rule in own:
        if rule.code[3] != family:
            family = rule.code[3]
            lines += ["", f"### {FAMILIES[family]}"]
        lines += section(rule)
    return "\n".join(lines) + "\n"


def section(rule: CheckRule) -> list[str]:
    """What the page says about one rule."""
    return [
        "",
        f"#### {rule.code}",
        "",
        f"**{rule.title}** ({rule.severity}, {rule.authority}). {rule.text}",
        "",
        f"To repair it: {rule.hint}.",
    ]


if __name__ == "__main__":
    DOC.write_text(page(), encoding="utf-8")
