"""URL prefixes as sets of URLs: whether one holds another, where two meet, and who wins.

A `Glob` is a prefix in lower case, cut at its `*`: a plain prefix is one piece. The URLs that it
takes are those that begin with its first piece and hold the others after it, in order and apart
from each other. Such a set is closed under "anything may follow", and that makes it simple:

**One request stands for all.** Let `FRESH` be a character that no prefix can hold (`^` is none of
RFC 3986). The *generic* text of a glob has one `FRESH` between its pieces, and one at the end where
it ends in `?`. Then, for globs R and E, E takes every URL of R exactly where it takes the generic
text of R:

* if E takes it: no piece of E holds `FRESH`, so each lies within one piece of R. A URL of R holds
  these in the same order, whatever stands between them, and so the pieces of E; the first of E
  begins the first of R, which begins the URL. Where E wants one character more, it found it in the
  generic text: a later character of R's pieces, or a `FRESH` before a later piece or for R's own
  `?`. In each case every URL of R has one there.
* if E does not take it: the generic text is a URL of R itself.

So **a union of globs holds R only where one of them does**: of a union that holds R, one holds the
generic text. For plain prefixes this is: an earlier one is a prefix of it, in lower case.

Where globs merely meet, `winners` reads texts character by character, all globs at once. A glob is
a deterministic automaton whose states are as many as its characters: each piece is taken at the
first place where it fits (Knuth, Morris, Pratt), which leaves the most for those after it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from ssoroute.model.errors import SsorouteError

__all__ = ["FRESH", "NOBODY", "Automaton", "Contender", "Glob", "UndecidedError", "Won", "winners"]

#: A character that no URL prefix holds.
FRESH: Final = "^"

#: The rank of nobody, larger than every rank.
NOBODY: Final = 0x7FFFFFFF


class UndecidedError(SsorouteError):
    """Too many patterns with `*` meet, so that it takes too long to say who wins where.

    `beginning` is how the URLs in question begin.
    """

    def __init__(self, beginning: str) -> None:
        self.beginning = beginning
        super().__init__(
            f"undecided: too many patterns with `*` meet in URLs that begin with `{beginning}`"
        )

    def __reduce__(self) -> tuple[type[UndecidedError], tuple[str]]:
        return type(self), (self.beginning,)


@dataclass(frozen=True, slots=True)
class Glob:
    """What a URL prefix takes: two of them are equal exactly where they take the same URLs.

    The first of the `pieces` begins the URL, the others are not empty; `one_more` says that at
    least one character follows them.
    """

    pieces: tuple[str, ...]
    one_more: bool = False

    @classmethod
    def of(cls, prefix: str, *, wildcards: bool) -> Glob:
        """The set of a URL prefix, as `patterns.URLPrefix.matches` takes it.

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
        """The one of its URLs that stands for all of them."""
        return FRESH.join(self.pieces) + FRESH * self.one_more

    def takes(self, url: str) -> bool:
        """Whether `url`, in lower case, is one of its URLs."""
        if not url.startswith(self.head):
            return False
        position = len(self.head)
        for piece in self.pieces[1:]:
            position = url.find(piece, position)
            if position < 0:
                return False
            position += len(piece)
        return position < len(url) or not self.one_more

    def holds(self, other: Glob) -> bool:
        """Whether it takes every URL that `other` takes.

        >>> Glob(("/t/", "x")).holds(Glob(("/t/1/", "xy"))), Glob(("/t/1",)).holds(Glob(("/t/",)))
        (True, False)
        """
        return self.takes(other.generic)

    def meets(self, other: Glob) -> bool:
        """Whether some URL is taken by both: exactly where one head begins the other.

        After the longer head come the pieces of the one, then those of the other (`meetings`).
        """
        return self.head.startswith(other.head) or other.head.startswith(self.head)

    def meetings(self, other: Glob) -> tuple[str, str]:
        """Two URLs that both take, where they meet."""
        head = max(self.head, other.head, key=len)
        more = FRESH * (self.one_more or other.one_more)
        ours, theirs = self.pieces[1:], other.pieces[1:]
        return (
            FRESH.join((head, *ours, *theirs)) + more,
            FRESH.join((head, *theirs, *ours)) + more,
        )


class Automaton:
    """A glob that reads a text character by character, from state 0.

    A state is how many of the glob's characters were found so far; `ACCEPTED` is the end, `DEAD`
    says that no text that goes on so is taken.
    """

    __slots__ = ("_backs", "_letters", "_one_more", "_starts", "alphabets")

    DEAD: Final = -1
    ACCEPTED: Final = -2

    def __init__(self, glob: Glob) -> None:
        self._letters = "".join(glob.pieces)
        self._one_more = glob.one_more
        self._starts: list[int] = []
        self._backs: list[int] = []
        #: For each state the characters that it tells apart; all others lead to the same state.
        self.alphabets: list[frozenset[str]] = []
        for piece in glob.pieces:
            start = len(self._starts)
            if start:
                self._backs += [start + back for back in _borders(piece)]
                self.alphabets += [frozenset(piece)] * len(piece)
            else:
                self._backs += [self.DEAD] * len(piece)
                self.alphabets += [frozenset(letter) for letter in piece]
            self._starts += [start] * len(piece)
        self.alphabets.append(frozenset())  # one more character, whichever

    def step(self, state: int, character: str) -> int:
        """The state after `character`."""
        if state == len(self._letters):  # waits for one more
            return self.ACCEPTED
        start = self._starts[state]
        while self._letters[state] != character:
            if start == 0:
                return self.DEAD
            if state == start:
                return state
            state = self._backs[state]
        state += 1
        return state if self._one_more or state < len(self._letters) else self.ACCEPTED


def _borders(piece: str) -> list[int]:
    """For each number of letters found: how many count still where the next one does not fit.

    >>> _borders("aab")
    [0, 0, 1]
    """
    borders = [0] * len(piece)
    length = 0
    for position in range(1, len(piece)):
        borders[position] = length
        while length and piece[position] != piece[length]:
            length = borders[length]
        length += piece[position] == piece[length]
    return borders


class Contender(NamedTuple):
    """A glob, and its rank on each of two sides (`NOBODY` where it is not there).

    `in_authority` says that it ends inside the authority, so that a URL can go on in the host.
    """

    glob: Glob
    ranks: tuple[int, int]
    in_authority: bool = False


class Won(NamedTuple):
    """Who wins a text: on each side the smallest rank among the globs that take it.

    `goes_on` says for each side whether the text is a look-alike of the one that wins.
    """

    ranks: tuple[int, int]
    goes_on: tuple[bool, bool]


class _State(NamedTuple):
    ranks: tuple[int, int]
    #: None where the text ends with the prefix, so that the next character will tell.
    goes_on: tuple[bool | None, bool | None]
    live: tuple[tuple[int, int], ...]


def winners(
    beginning: str, contenders: Sequence[Contender], *, limit: int
) -> Iterator[tuple[str, Won]]:
    """Each way in which a text that begins with `beginning` can be won, with a shortest such text.

    `UndecidedError` where it takes more than `limit` steps, each one character read by one glob.

    >>> left = Contender(Glob(("/t/", "x")), (0, NOBODY))
    >>> right = Contender(Glob(("/t/a",)), (NOBODY, 0))
    >>> [text for text, won in winners("/t/", [left, right], limit=999) if won.ranks == (0, 0)]
    ['/t/ax']
    """
    automata = [Automaton(contender.glob) for contender in contenders]
    letters = "".join(piece for contender in contenders for piece in contender.glob.pieces)
    other = next((c for c in "xyz0123456789abcdefghijklmnopqrstuvw_-" if c not in letters), FRESH)
    state = _State((NOBODY, NOBODY), (False, False), tuple((n, 0) for n in range(len(automata))))
    for character in beginning:
        state = _after(state, character, contenders, automata)
    queue = deque([(beginning, state)])
    seen = {state}
    found: set[Won] = set()
    steps = 0
    while queue:
        text, state = queue.popleft()
        won = Won(state.ranks, (state.goes_on[0] or False, state.goes_on[1] or False))
        if won not in found:
            found.add(won)
            yield text, won
        alphabet = {other}
        if None in state.goes_on:
            alphabet.add("/")
        elif not state.live:
            continue
        for number, at in state.live:
            alphabet |= automata[number].alphabets[at]
        steps += len(alphabet) * (len(state.live) + 1)
        if steps > limit:
            raise UndecidedError(beginning)
        for character in sorted(alphabet):
            following = _after(state, character, contenders, automata)
            if following not in seen:
                seen.add(following)
                queue.append((text + character, following))


def _after(
    state: _State, character: str, contenders: Sequence[Contender], automata: Sequence[Automaton]
) -> _State:
    ranks = list(state.ranks)
    ends = character in "/?#"
    goes_on = [not ends if flag is None else flag for flag in state.goes_on]
    now: list[bool | None] = list(goes_on)
    live = []
    for number, at in state.live:
        following = automata[number].step(at, character)
        if following == Automaton.ACCEPTED:
            contender = contenders[number]
            for side in (0, 1):
                if contender.ranks[side] < ranks[side]:
                    ranks[side] = contender.ranks[side]
                    now[side] = None if contender.in_authority else False
        elif following != Automaton.DEAD:
            live.append((number, following))
    # What cannot win on either side is not followed further: most texts end soon.
    followed = tuple(
        (number, at)
        for number, at in live
        if contenders[number].ranks[0] < ranks[0] or contenders[number].ranks[1] < ranks[1]
    )
    return _State((ranks[0], ranks[1]), (now[0], now[1]), followed)
