"""How well a fact is known: a rule of the system, a client, a check, a finding."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Authority"]


class Authority(StrEnum):
    """How well a fact is known."""

    #: Apple documents it.
    DOCUMENTED = "documented"
    #: Seen in shipping systems, in open source, or reported by vendors and administrators.
    OBSERVED = "observed"
    #: Our reading, because nothing says.
    READING = "reading"
    #: A vendor documents it, or administrators report it. Said only about clients, and about what
    #: an extension does after routing; no decision rests on it.
    VENDOR = "vendor"
