"""The approvals that a device lists, by App ID, and the team identifiers that App IDs give."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from ssoroute.loaders.swcutil import DomainApproval
from ssoroute.model.device import Approval, concerns, dotted_beginnings
from ssoroute.model.payload import Extension
from ssoroute.model.source import Source
from ssoroute.real_device.values import Contradiction

__all__ = ["Approvals"]


@dataclass(slots=True)
class Approvals:
    """What is known of each App ID and host; `read` says that the device listed its approvals."""

    read: bool = False
    _entries: dict[tuple[str, str], DomainApproval | None] = field(default_factory=dict)

    def add(self, entry: DomainApproval, contradictions: list[Contradiction]) -> None:
        """Take one entry; if an earlier one says something else, neither counts.

        An entry that says nothing about the approval contradicts nothing.
        """
        key = entry.app_id, entry.host
        if entry.approval is None:
            return
        known = self._entries.setdefault(key, entry)
        if known is not None and known.approval is not entry.approval:
            text = f"authsrv:{entry.host} for {entry.app_id} is approved and is not;"
            text += " it is taken as unknown"
            contradictions.append(Contradiction(text, known.source, entry.source))
            self._entries[key] = None

    def known(
        self, extensions: Iterable[Extension], sources: dict[tuple[str, ...], Source]
    ) -> dict[str, dict[str, Approval]]:
        """The approvals by App ID, and their places into `sources`.

        If profiles name `extensions`, only those of them and of their apps.
        """
        named = _Named(extensions, {len(name) for name in self._names()})
        found: dict[str, dict[str, Approval]] = {}
        for (app_id, host), entry in self._entries.items():
            if entry is None or entry.approval is None:
                continue
            if not named.are_concerned_by(app_id):
                continue
            found.setdefault(app_id, {})[host] = entry.approval
            sources["associated_domains", app_id, host] = entry.source
        return found

    def teams_of(self, bundle_ids: Iterable[str]) -> dict[str, str | None]:
        """The team of each extension by its App ID or its app's; None if it is not clear."""
        teams: dict[str, set[str]] = {}
        for app_id, _ in self._entries:
            team, _dot, name = app_id.partition(".")
            known = teams.setdefault(name, set())
            if len(known) < _SEVERAL:
                known.add(team)
        lengths = {len(name) for name in teams}
        found: dict[str, str | None] = {}
        for bundle_id in bundle_ids:
            names = dotted_beginnings(bundle_id, lengths)
            of_it = {team for name in names for team in teams.get(name, ())}
            found[bundle_id] = of_it.pop() if len(of_it) == 1 else None
        return found

    def _names(self) -> Iterator[str]:
        """What an extension may begin with: each App ID, and what follows its team."""
        for app_id, _ in self._entries:
            yield app_id
            yield app_id.partition(".")[2]


# So many teams are not clear, and more need not be known.
_SEVERAL: Final = 2


class _Named:
    """The extensions that profiles name, by their dotted beginnings of some `lengths`.

    Of those that begin alike and have the same team, one stands for all.
    """

    def __init__(self, extensions: Iterable[Extension], lengths: Collection[int]) -> None:
        self._any = False
        self._by_name: dict[str, dict[str, Extension]] = {}
        for extension in extensions:
            self._any = True
            for name in dotted_beginnings(extension.bundle_id, lengths):
                self._by_name.setdefault(name, {})[extension.team_id or ""] = extension

    def are_concerned_by(self, app_id: str) -> bool:
        """Whether `app_id` counts for one of them; if there are none, every one counts."""
        team, _dot, bundle_id = app_id.partition(".")
        own = self._by_name.get(bundle_id, {})
        near = [*islice(self._by_name.get(app_id, {}).values(), 1)]
        near += [own[key] for key in (team, "") if key in own]
        return not self._any or any(concerns(app_id, extension) for extension in near)
