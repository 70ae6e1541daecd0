"""The `apple-app-site-association` file that each site must serve for the installed prefixes.

Facts: docs/matching.md, "Associated domains".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ssoroute.install.associated_domains import Need

__all__ = ["ServedFile", "served_files"]


@dataclass(frozen=True, slots=True)
class ServedFile:
    """What the site `host` (or `host:port`) must confirm, and for which extensions.

    `needs` are those whose team is known; those of `without_team` are not in the file, because an
    entry of it begins with the team.
    """

    host: str
    needs: tuple[Need, ...]
    without_team: tuple[Need, ...]

    @property
    def url(self) -> str:
        """Where the site serves the file.

        Documented for a host. Reading: an entry with a port means the same path at that port.
        """
        return f"https://{self.host}/.well-known/apple-app-site-association"

    @property
    def apps(self) -> tuple[str, ...]:
        """The extensions as the file names them: the team, a dot, and the bundle identifier."""
        extensions = (need.extension for need in self.needs)
        return tuple(dict.fromkeys(f"{e.team_id}.{e.bundle_id}" for e in extensions))

    @property
    def content(self) -> dict[str, object]:
        """The file as JSON, as far as SSO extensions need it."""
        return {"authsrv": {"apps": list(self.apps)}}


def served_files(needs: Iterable[Need], team: str | None = None) -> list[ServedFile]:
    """One file for each host that `needs` name, in their order.

    `team` is that of the extensions whose payloads name none.

    >>> from ssoroute.model.payload import Extension
    >>> [file] = served_files([Need(Extension("com.example.sso"), "h.example", (), (), None)], "T1")
    >>> file.url
    'https://h.example/.well-known/apple-app-site-association'
    >>> file.content
    {'authsrv': {'apps': ['T1.com.example.sso']}}
    """
    by_host: dict[str, list[Need]] = {}
    for need in needs:
        known = need.extension.team_id or team
        extension = replace(need.extension, team_id=known)
        by_host.setdefault(need.host, []).append(replace(need, extension=extension))
    return [
        ServedFile(
            host,
            tuple(need for need in found if need.extension.team_id),
            tuple(need for need in found if not need.extension.team_id),
        )
        for host, found in by_host.items()
    ]
