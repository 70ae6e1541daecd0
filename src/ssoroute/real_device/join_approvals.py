"""The approvals that a device lists, by App ID, and the team identifiers that App IDs give."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ssoroute.loaders.swcutil import DomainApproval
from ssoroute.model.device import Approval, concerns
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
        named = list(extensions)
        found: dict[str, dict[str, Approval]] = {}
        for (app_id, host), entry in self._entries.items():
            if entry is None or entry.approval is None:
                continue
            if named and not any(concerns(app_id, extension) for extension in named):
                continue
            found.setdefault(app_id, {})[host] = entry.approval
            sources["associated_domains", app_id, host] = entry.source
        return found

    def team_of(self, bundle_id: str) -> str | None:
        """The team of an extension by its App ID or its app's; None if it is not clear."""
        teams = {
            app_id.partition(".")[0]
            for app_id, _ in self._entries
            if f"{bundle_id}.".startswith(f"{app_id.partition('.')[2]}.")
        }
        return teams.pop() if len(teams) == 1 else None
