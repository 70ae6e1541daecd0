"""The table of facts and experiments, from `evidence.toml` beside this file."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from ssoroute.model.authority import Authority
from ssoroute.model.packaged import packaged_text
from ssoroute.model.request import Request
from ssoroute.model.spelling import Spelling

__all__ = ["Expected", "Experiment", "Fact", "ProfileSketch", "experiments", "facts"]


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact of the model.

    `section` is the one of docs/matching.md, or `clients` or `after routing` of docs/clients.md.
    `settle` names the experiment that would settle the fact, empty if it is documented. `client`
    and `label` name the way of the table of clients that the fact is about, empty for other facts.
    """

    name: str
    section: str
    text: str
    authority: Authority
    settle: str = ""
    client: str = ""
    label: str = ""

    def to_json(self) -> dict[str, object]:
        """The fact as a JSON object (docs/evidence.md)."""
        return {
            "name": self.name,
            "section": self.section,
            "text": self.text,
            "authority": self.authority.value,
        }


@dataclass(frozen=True, slots=True)
class ProfileSketch:
    """A profile of an experiment, before the test extensions have their identifiers.

    `scope` is its PayloadScope, empty if the profile has none.
    """

    name: str
    payloads: tuple[Mapping[str, Any], ...]
    scope: str = "System"


@dataclass(frozen=True, slots=True)
class Expected:
    """A request of an experiment, and what the model expects of it.

    `how` says with what the request is made. `gets` is the extension that gets it: `EXTENSION`,
    `SECOND`, an identifier or `system`, empty if none gets it.
    """

    how: str
    url: str
    outcome: str
    gets: str = ""
    caller: str | None = None
    code: int = 0
    locked: bool = False
    no_ui: bool = False
    background: bool = False
    spelling: Spelling = Spelling.APP

    @property
    def request(self) -> Request:
        """The request as it is routed."""
        return Request(
            self.spelling.of(self.url),
            self.caller,
            self.code,
            self.locked,
            not self.no_ui,
            self.background,
        )


@dataclass(frozen=True, slots=True)
class Experiment:
    """A test that somebody with a device can run.

    `title` is the question. `refused` is how many of the profiles the model expects to be refused.
    `approved` and `not_approved` are the hosts whose association the experiment sets up.
    """

    name: str
    title: str
    needs: tuple[str, ...]
    profiles: tuple[ProfileSketch, ...]
    requests: tuple[Expected, ...]
    steps: tuple[str, ...]
    look_for: tuple[str, ...]
    refused: int = 0
    approved: tuple[str, ...] = ()
    not_approved: tuple[str, ...] = ()

    @property
    def settles(self) -> tuple[Fact, ...]:
        """The facts that it would settle."""
        return tuple(fact for fact in facts() if fact.settle == self.name)

    def to_json(self) -> dict[str, object]:
        """The experiment as a JSON object (docs/evidence.md)."""
        return {
            "name": self.name,
            "title": self.title,
            "settles": [fact.to_json() for fact in self.settles],
            "needs": list(self.needs),
            "profiles": [profile.name for profile in self.profiles],
            "requests": [
                {
                    "how": one.how,
                    "url": one.url,
                    "code": one.code,
                    "outcome": one.outcome,
                    "gets": one.gets or None,
                }
                for one in self.requests
            ],
            "steps": list(self.steps),
            "look_for": list(self.look_for),
        }


@cache
def facts() -> tuple[Fact, ...]:
    """Every fact, in the order of the sections.

    >>> print(facts()[0].section, facts()[0].authority)
    §2 observed
    """
    return tuple(
        Fact(name=name, **{**row, "authority": Authority(row["authority"])})
        for name, row in _table()["facts"].items()
    )


@cache
def experiments() -> Mapping[str, Experiment]:
    """Every experiment by its name, in the table's order.

    >>> experiments()["wildcard"].title
    'From which version on is a `*` in a prefix a wildcard?'
    """
    return {name: _experiment(name, row) for name, row in _table()["experiments"].items()}


@cache
def _table() -> Mapping[str, Any]:
    return tomllib.loads(packaged_text("evidence/evidence.toml"))


def _experiment(name: str, row: Mapping[str, Any]) -> Experiment:
    return Experiment(
        name=name,
        title=row["title"],
        needs=tuple(row["needs"]),
        profiles=tuple(
            ProfileSketch(one["name"], tuple(one["payloads"]), one.get("scope", "System"))
            for one in row["profiles"]
        ),
        requests=tuple(
            Expected(**{**one, "spelling": Spelling(one.get("spelling", "app"))})
            for one in row.get("requests", ())
        ),
        steps=tuple(row["steps"]),
        look_for=tuple(row["look_for"]),
        refused=row.get("refused", 0),
        approved=tuple(row.get("approved", ())),
        not_approved=tuple(row.get("not_approved", ())),
    )
