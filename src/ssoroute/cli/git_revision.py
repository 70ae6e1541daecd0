"""The profiles of a revision of a git repository, read in memory: nothing is checked out.

`git` is asked for names and contents only. It runs no hook and no filter, and fetches nothing.
"""

from __future__ import annotations

import io
import os
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from ssoroute.cli.status import InputError
from ssoroute.cli.terminal import complain
from ssoroute.loaders.files import ENDINGS
from ssoroute.loaders.uploads import named_bytes
from ssoroute.model.quoting import one_line, printable, quote, reason

__all__ = ["Sides", "sides_of"]

#: What is compared if no path is named.
_PROFILE: Final = ".mobileconfig"
#: As much of a file as a profile may have.
_LIMIT: Final = 16 * 1024 * 1024
_TIMEOUT: Final = 60
_REGULAR: Final = ("100644", "100755")


class Sides(NamedTuple):
    """The files of a revision, and the paths in the working tree; `whole` if all could be read."""

    old: tuple[io.BytesIO, ...]
    new: tuple[str, ...]
    whole: bool


class _Entry(NamedTuple):
    """A file in the tree of a revision: its path from the top of the repository."""

    mode: str
    sha: str
    size: int
    path: str


def sides_of(revision: str, paths: Sequence[str]) -> Sides:
    """The profiles of `revision` at `paths`, and those of `paths` that hold files now.

    Without `paths`, all `*.mobileconfig` below the current folder count that git does not ignore.
    A folder means the files that loading would read from it, in the same order. `InputError` if
    git, the revision or a path is not there, or if neither side has a profile.
    """
    top = os.fsdecode(_git("rev-parse", "--show-toplevel")).removesuffix("\n")
    commit = _commit(revision)
    entries = {entry.path: entry for entry in _entries(commit)}
    found: dict[str, _Entry] = {}
    new: list[str] = []
    for path in paths or ["."]:
        inside = _inside(top, path)
        old = list(_below(inside, entries, chosen=bool(paths)))
        if paths and not old and not os.path.lexists(path):
            what = f"error: is neither in {one_line(revision)} nor in the working tree"
            raise InputError(f"{one_line(path)}: {what}")
        new += _now(path) if paths else _unignored()
        for entry in old:
            found.setdefault(os.path.relpath(os.path.join(top, entry.path)), entry)
    if not found and not new:
        what = "there" if paths else f"that ends in {_PROFILE} below this folder; name its path"
        sides = f"neither {quote(revision)} nor the working tree has a profile"
        raise InputError(f"error: {sides} {what}")
    named = {f"{revision}:{name}": entry for name, entry in found.items()}
    blobs = tuple(_blobs(named))
    return Sides(blobs, tuple(dict.fromkeys(new)), len(blobs) == len(named))


def _commit(revision: str) -> str:
    if not revision or revision.startswith("-"):
        raise InputError(f"error: {quote(revision)} is not a revision")
    try:
        shown = _git("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
    except InputError:
        what = f"error: {quote(revision)} is not a revision of this repository"
        raise InputError(f"{what}; a shallow clone lacks most of them") from None
    return shown.decode("ascii").strip()


def _entries(commit: str) -> Iterator[_Entry]:
    for line in _git("ls-tree", "-r", "-z", "-l", "--full-tree", commit).split(b"\0"):
        about, tab, path = line.partition(b"\t")
        if tab:
            mode, _kind, sha, size = about.decode("ascii").split()
            yield _Entry(mode, sha, int(size) if size.isdigit() else 0, os.fsdecode(path))


def _inside(top: str, path: str) -> str:
    """`path` from the top of the repository; empty for the top itself."""
    folder, name = os.path.split(os.path.abspath(path))
    inside = os.path.relpath(os.path.join(os.path.realpath(folder), name), os.path.realpath(top))
    if inside.split(os.sep)[0] == os.pardir:
        raise InputError(f"{one_line(path)}: error: is outside of the repository {one_line(top)}")
    return "" if inside == os.curdir else inside.replace(os.sep, "/")


def _below(inside: str, entries: dict[str, _Entry], *, chosen: bool) -> Iterator[_Entry]:
    """The file at `inside`, or the profiles in the folder there, in the order of loading."""
    if inside in entries:
        yield entries[inside]
        return
    start = f"{inside}/" if inside else ""
    endings = ENDINGS if chosen else (_PROFILE,)
    for path in sorted(entries):
        rest = path[len(start) :]
        if not path.startswith(start) or not rest.lower().endswith(endings):
            continue
        if not _is_hidden(rest):
            yield entries[path]


def _now(path: str) -> list[str]:
    """`path` if it is a file, or a folder with a file that loading would read."""
    if not os.path.isdir(path):
        return [path] if os.path.lexists(path) else []
    for _folder, names, files in os.walk(path):
        names[:] = [name for name in names if not name.startswith(".")]
        if any(n.lower().endswith(ENDINGS) and not n.startswith(".") for n in files):
            return [path]
    return []


def _unignored() -> list[str]:
    """The profiles below the current folder that git does not ignore."""
    listed = _git("ls-files", "-z", "--cached", "--others", "--exclude-standard")
    names = sorted({os.fsdecode(name) for name in listed.split(b"\0")})
    return [
        name
        for name in names
        if name.lower().endswith(_PROFILE) and not _is_hidden(name) and os.path.isfile(name)
    ]


def _is_hidden(path: str) -> bool:
    return any(name.startswith(".") for name in path.split("/"))


def _blobs(entries: dict[str, _Entry]) -> Iterator[io.BytesIO]:
    """The contents of `entries`, by their names in messages; what cannot be read is reported."""
    good = dict(_readable(entries.items()))
    wanted = b"".join(entry.sha.encode() + b"\n" for entry in good.values())
    stream = io.BytesIO(_git("cat-file", "--batch", stdin=wanted))
    for name, entry in good.items():
        header = stream.readline().split()
        if header[1:2] != [b"blob"]:  # of a partial clone
            complain(f"{printable(name)}: error: cannot be read: git does not have it here")
            continue
        yield named_bytes(printable(name), stream.read(entry.size))
        stream.read(1)  # the newline after it


def _readable(entries: Iterable[tuple[str, _Entry]]) -> Iterator[tuple[str, _Entry]]:
    for name, entry in entries:
        if entry.mode not in _REGULAR:
            complain(f"{printable(name)}: error: cannot be read: not a regular file")
        elif entry.size > _LIMIT:
            complain(f"{printable(name)}: error: larger than {_LIMIT} bytes")
        else:
            yield name, entry


def _git(*arguments: str, stdin: bytes = b"") -> bytes:
    """What git prints; `InputError` with what it says if it fails."""
    command = ["git", "-c", "core.fsmonitor=false", "-c", "protocol.allow=never", *arguments]
    quiet = {"GIT_NO_LAZY_FETCH": "1", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"}
    try:
        done = subprocess.run(  # noqa: S603 - no shell, and no argument begins with the user's text
            command,
            input=stdin,
            capture_output=True,
            env=os.environ | quiet,
            timeout=_TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise InputError(f"error: git gave no answer within {_TIMEOUT} seconds") from None
    except OSError as error:
        raise InputError(f"error: git cannot be run: {reason(error)}") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines() or [
            "it does not say why"
        ]
        raise InputError(f"error: git failed: {one_line(said[0].removeprefix('fatal: '))}")
    return done.stdout
