"""The DOCTYPE of an XML property list, which has no declarations of its own.

An internal subset can declare entities that grow without bound, and attributes that expat then adds
to each element. A property list never has one, so it is refused before expat sees it: expat reads
on to the end of a text even after a handler has raised an error.
"""

from __future__ import annotations

import re
from typing import Final

from ssoroute.loaders.findings import Code, Unreadable
from ssoroute.loaders.position import Lines

__all__ = ["check_doctype"]

#: What may come before the root element, each after the end of the one before or white space.
_PROLOG: Final = re.compile(r"(?:-->|\?>)?\s*(<!--|<\?|<!DOCTYPE)")
_CLOSING: Final = {"<!--": "-->", "<?": "?>"}
_DOCTYPE: Final = re.compile(r"""(?:[^\["'>]|"[^"]*"|'[^']*')*+""")


def check_doctype(text: str) -> None:
    """Raise `Unreadable` if the DOCTYPE of the XML document `text` has an internal subset.

    >>> check_doctype("<!DOCTYPE plist SYSTEM 'PropertyList.dtd'><plist/>")
    """
    place = 0
    while opening := _PROLOG.match(text, place):
        closing = _CLOSING.get(opening[1])
        if closing is not None:
            place = text.find(closing, opening.end())
            if place < 0:
                return  # expat says where it was opened
            continue
        declaration = _DOCTYPE.match(text, opening.end())
        if declaration and text.startswith("[", declaration.end()):
            at = Lines(text).position(declaration.end())
            message = f"the DOCTYPE has declarations of its own, from the `[` at {at}"
            hint = "remove everything from the `[` to its `]`"
            raise Unreadable(Code.NOT_A_PROPERTY_LIST, message, hint, at)
        return
