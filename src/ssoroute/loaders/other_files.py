"""Files that people take for profiles: what each is, and what to load in its place."""

from __future__ import annotations

import re
from typing import Final

from ssoroute.loaders.findings import Code, Unreadable

__all__ = ["not_a_profile"]

#: Only the beginning of a file is looked at.
_HEAD: Final = 4096
_BLANK_LINE: Final = re.compile(rb"\r?\n\r?\n")
_MAIL: Final = re.compile(rb"^(?:mime-version|content-type):", re.IGNORECASE | re.MULTILINE)
_HERE_DOCUMENT: Final = re.compile(rb"<<-?[ \t]*[\"']?\w")
_MARKUP: Final = re.compile(rb"<\?xml|<plist")


def not_a_profile(data: bytes) -> Unreadable | None:
    r"""The error about a file that holds no profile itself; None if `data` is something else.

    >>> print(not_a_profile(b"MIME-Version: 1.0\nContent-Type: multipart/signed\n\n..."))
    an S/MIME mail, not a profile
    """
    head = data[:_HEAD].lstrip()
    if _MAIL.search(_BLANK_LINE.split(head, maxsplit=1)[0]):
        signed = b"pkcs7" in head.lower() or b"multipart/signed" in head.lower()
        what = "an S/MIME mail" if signed else "a mail message"
        return _named(what, "save its attachment and load that")
    here_document = _HERE_DOCUMENT.search(head)
    if head.startswith(b"#!") or (here_document and _MARKUP.search(head, here_document.end())):
        return _named("a shell script", "run it and load the profile that it writes")
    return None


def _named(what: str, hint: str) -> Unreadable:
    return Unreadable(Code.UNKNOWN_FORMAT, f"{what}, not a profile", hint)
