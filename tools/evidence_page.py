"""Writes `docs/evidence.md` from the package's table: `python tools/evidence_page.py`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from ssoroute.evidence.profiles import Extensions
from ssoroute.evidence.table import Expected, Experiment, Fact, experiments, facts
from ssoroute.model.authority import Authority

DOC: Final = Path(__file__).parent.parent / "docs" / "evidence.md"

INTRODUCTION: Final = """\
# Evidence

Every fact that the answers rest on, and how well it is known:

* *documented*: Apple says so;
* *observed*: seen in shipping systems or in open source;
* *vendor*: a vendor says so, or administrators report it;
* *reading*: nobody says, so a choice was made. A reading is ours and not Apple's word.

Each fact that is not documented has an experiment that would settle it. Somebody with a Mac (or an
iPhone) and an MDM can run it. `ssoroute experiment` lists the experiments.
`ssoroute experiment NAME` prints the profiles and the steps of one, and `--profile PROFILE` one
profile as a file. If you run one, please report what you saw and on which version; the mark of the
fact then changes.

This page is written by `tools/evidence_page.py` from `src/ssoroute/evidence/evidence.toml`, which
`ssoroute experiment` reads also: change the table, then run the script.
"""

#: What the experiments have in common.
TOOLS: Final = """\
## Experiments

The profiles name two test extensions. A test extension is an app with an extension of the kind
`com.apple.AppSSO.idp-extension`. Its code logs the URL, the caller and the operation of each
request, and then calls `doNotHandle()`. Give their identifiers with `--extension`, `--second` and
`--team`. Replace the hosts below `example.com` by your own if a server must answer.

Besides the log of the extension, the log of WebKit shows what Safari and web views ask:

```text
log stream --level debug --predicate 'subsystem == "com.apple.WebKit" AND category == "AppSSO"'
```

`The requested URL is not registered for AppSSO handling` says that no payload was selected.
"""


def evidence_markdown() -> str:
    """The whole page."""
    lines = [INTRODUCTION, *counts(), ""]
    section = ""
    for fact in facts():
        if fact.section != section:
            section = fact.section
            lines += [
                "",
                f"## {title_of(section)}",
                "",
                "| fact | known | settled by |",
                "|---|---|---|",
            ]
        lines.append(row(fact))
    lines += ["", TOOLS]
    for experiment in experiments().values():
        lines += experiment_section(experiment)
    return "\n".join(lines).rstrip("\n") + "\n"


def counts() -> Iterator[str]:
    """How many facts have which mark."""
    found = Counter(fact.authority for fact in facts())
    yield "| known | facts |"
    yield "|---|---:|"
    for authority in (
        Authority.DOCUMENTED,
        Authority.OBSERVED,
        Authority.VENDOR,
        Authority.READING,
    ):
        yield f"| {authority} | {found[authority]} |"


def title_of(section: str) -> str:
    titles = {"clients": "Clients (clients.md)", "after routing": "After routing (clients.md)"}
    return titles.get(section, f"{section} (matching.md)")


def row(fact: Fact) -> str:
    settled = f"[{fact.settle}](#{fact.settle})" if fact.settle else "\N{EN DASH}"
    return f"| {fact.text} | {fact.authority} | {settled} |"


def experiment_section(experiment: Experiment) -> Iterator[str]:
    extensions = Extensions()
    yield f"### {experiment.name}"
    yield ""
    yield experiment.title
    yield ""
    yield f"You need {', '.join(experiment.needs)}."
    yield ""
    names = ", ".join(f"`{profile.name}`" for profile in experiment.profiles)
    word = "Profile" if len(experiment.profiles) == 1 else "Profiles"
    yield f"{word}: {names} (`ssoroute experiment {experiment.name}`)."
    if experiment.requests:
        yield ""
        yield "| request | the model expects |"
        yield "|---|---|"
        for expected in experiment.requests:
            yield request_row(expected, extensions)
    yield ""
    for number, text in enumerate(experiment.steps, 1):
        yield f"{number}. {text}"
    yield ""
    yield "What to look for:"
    yield ""
    for text in experiment.look_for:
        yield f"* {text}"
    yield ""


def request_row(expected: Expected, extensions: Extensions) -> str:
    code = f", code {expected.code}" if expected.code else ""
    locked = ", screen locked" if expected.locked else ""
    who = {
        "": "",
        "EXTENSION": " by the first extension",
        "SECOND": " by the second extension",
        "system": " by the system's own extension",
    }.get(expected.gets, f" by `{expected.gets}`")
    url = extensions.named(expected.url)
    return f"| `{url}` ({expected.how}{code}{locked}) | {expected.outcome}{who} |"


if __name__ == "__main__":
    DOC.write_text(evidence_markdown(), encoding="utf-8")
