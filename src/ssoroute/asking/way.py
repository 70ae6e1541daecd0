"""One way in which a client asks: what it hands over, as whom, and under which conditions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from ssoroute.model.authority import Authority
from ssoroute.model.platforms import Platform, Version
from ssoroute.model.spelling import Spelling

__all__ = ["Caller", "HandsOver", "Only", "Way"]


class HandsOver(StrEnum):
    """Which URL a client hands over."""

    #: The URL of the page.
    PAGE = "page"
    #: The same URL for every page.
    FIXED = "fixed"
    NOTHING = "nothing"


class Caller(StrEnum):
    """A caller that is not one identifier."""

    #: The app that uses the client; its identifier is given with the question.
    APP = "app"
    #: The default browser of the device.
    BROWSER = "browser"


class Only(NamedTuple):
    """The pages for which a client asks: a pattern for the whole URL, and the same in words."""

    pattern: str
    words: str


@dataclass(frozen=True, slots=True)
class Way:
    """One row of the table: how a client asks on one platform.

    `label` distinguishes two ways of a client, and is empty otherwise. `what` says in words what is
    handed over, `conditions` what else must be true, `notes` what else is known. `url` is the
    fixed URL, empty if there is none. `only` says for which pages the client asks, None if for all.
    `caller` is a bundle identifier or a `Caller`, None if nothing is handed over. `browsers` name
    the clients that the default browser can be. `asks_first` says that `canPerformAuthorization`
    comes before the request, `challenge` that the URL is handed over again after a challenge.
    `user_interface` is None if unknown. `exact_host` says that the host must be listed in `Hosts`
    exactly, `msal` that the caller uses Microsoft's library. `system` and `release` are the first
    versions of the platform and of the client, None and empty if no version is known. `readings`
    are the parts of the row that are our reading.
    """

    platform: Platform
    hands_over: HandsOver
    what: str
    authority: Authority
    label: str = ""
    url: str = ""
    only: Only | None = None
    spelling: Spelling | None = None
    caller: str | None = None
    browsers: tuple[str, ...] = ()
    asks_first: bool = False
    challenge: bool = False
    user_interface: bool | None = None
    background: bool = False
    exact_host: bool = False
    msal: bool = False
    system: Version | None = None
    release: str = ""
    conditions: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    readings: tuple[str, ...] = ()

    @property
    def has_own_identifier(self) -> bool:
        """Whether the caller is one bundle identifier, and not that of another app."""
        return self.caller is not None and self.caller not in list(Caller)

    def concerns(self, url: str) -> bool:
        """Whether the client asks about a page with this URL at all."""
        return self.only is None or re.fullmatch(self.only.pattern, url, re.DOTALL) is not None

    def to_json(self) -> dict[str, object]:
        """The row as a JSON object (docs/clients.md, "JSON")."""
        return {
            "platform": self.platform.value,
            "label": self.label or None,
            "hands_over": self.hands_over.value,
            "what": self.what,
            "url": self.url or None,
            "only": self.only and self.only.words,
            "spelling": self.spelling and self.spelling.value,
            "caller": self.caller and str(self.caller),
            "asks_first": self.asks_first,
            "challenge": self.challenge,
            "user_interface": self.user_interface,
            "system": self.system and str(self.system),
            "release": self.release or None,
            "conditions": list(self.conditions),
            "notes": list(self.notes),
            "readings": list(self.readings),
            "authority": self.authority.value,
        }
