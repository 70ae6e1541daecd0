"""What a URL prefix takes, as a set of texts: `pieces_match` is the one definition of it.

A `Glob` is a prefix in lower case, cut at its `*`: a plain prefix is one piece. The URLs that it
takes begin with its first piece and hold the others after it, in order and apart from each other.
Anything may follow, and that makes these sets simple:

**One text represents all.** Let `FRESH` be a character that no prefix can hold (`^` is not one of
RFC 3986). The *generic* text of a glob has one `FRESH` between its pieces, and one at the end if it
ends in `?`. Then, for globs R and E, E takes every URL of R exactly if it takes the generic text
of R:

* if E takes it: no piece of E holds `FRESH`, so each lies within one piece of R. A URL of R holds
  these in the same order, whatever is between them, and so the pieces of E; the first of E
  begins the first of R, which begins the URL. If E needs one character more, it found it in the
  generic text: a later character of R's pieces, or a `FRESH` before a later piece or for R's own
  `?`. In each case every URL of R has one there.
* if E does not take it: the generic text is a URL of R itself.

So **a union of globs holds R only if one of them does**: the one that takes the generic text.
For plain prefixes this is: an earlier one is a prefix of it, in lower case.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

__all__ = ["FRESH", "Glob", "glob_prefix_matches", "pieces_match"]

#: A character that no URL prefix holds.
FRESH: Final = "^"


def pieces_match(first: str, rest: Sequence[str], text: str, *, one_more: bool) -> bool:
    """Whether `text` begins with `first` and holds the pieces `rest` after it, in order.

    With `one_more`, at least one character follows the last piece. The time is linear in `text`:
    each piece is taken at the first place where it fits, which leaves the most for those after it.
    """
    if not text.startswith(first):
        return False
    position = len(first)
    for piece in rest:
        position = text.find(piece, position)
        if position < 0:
            return False
        position += len(piece)
    return position < len(text) or not one_more


def glob_prefix_matches(pattern: str, text: str) -> bool:
    """Whether `text` begins with what `pattern` describes: `*` any run, `?` one character.

    Both are compared as they are; a pattern holds a `?` only as its last character.

    >>> glob_prefix_matches("/t/*/login", "/t/42/login/next")
    True
    >>> glob_prefix_matches("/t/*/login", "/t/login")
    False
    """
    star = pattern.find("*")
    if star > 0 and not text.startswith(pattern[:star]):
        return False  # most texts end here, and taking the pattern apart costs more
    one_more = pattern.endswith("?")
    first, *rest = (pattern[:-1] if one_more else pattern).split("*")
    return pieces_match(first, rest, text, one_more=one_more)


@dataclass(frozen=True, slots=True)
class Glob:
    """What a URL prefix takes: two globs are equal exactly if they take the same URLs.

    The first of the `pieces` begins the URL, the others are not empty; `one_more` says that at
    least one character follows them.
    """

    pieces: tuple[str, ...]
    one_more: bool = False

    @classmethod
    def of(cls, prefix: str, *, wildcards: bool) -> Glob:
        """The set of a URL prefix; `wildcards` says whether the device takes `*` as any run.

        >>> Glob.of("https://h/T/*/x*?", wildcards=True)
        Glob(pieces=('https://h/t/', '/x'), one_more=True)
        >>> Glob.of("https://h/a*", wildcards=True) == Glob.of("https://h/A", wildcards=False)
        True
        """
        text = prefix.lower()
        if not (wildcards and "*" in text):
            return cls((text,))
        one_more = text.endswith("?")
        first, *rest = text.removesuffix("?").split("*")
        return cls((first, *filter(None, rest)), one_more)

    @property
    def head(self) -> str:
        """What begins all its URLs."""
        return self.pieces[0]

    @property
    def is_plain(self) -> bool:
        """Whether its URLs are those that begin with its head."""
        return len(self.pieces) == 1 and not self.one_more

    @property
    def generic(self) -> str:
        """The one of its URLs that represents all of them."""
        return FRESH.join(self.pieces) + FRESH * self.one_more

    def takes(self, url: str) -> bool:
        """Whether `url`, in lower case, is one of its URLs."""
        return pieces_match(self.pieces[0], self.pieces[1:], url, one_more=self.one_more)

    def holds(self, other: Glob) -> bool:
        """Whether it takes every URL that `other` takes.

        >>> Glob(("/t/", "x")).holds(Glob(("/t/1/", "xy"))), Glob(("/t/1",)).holds(Glob(("/t/",)))
        (True, False)
        """
        return self.takes(other.generic)
