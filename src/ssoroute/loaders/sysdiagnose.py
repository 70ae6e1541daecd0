"""The files of a sysdiagnose that say something about SSO, from the archive or from a folder.

Nothing is unpacked to disk. The archive comes from somebody else, so entries, sizes and the
compression ratio are bounded, links are not followed, and a path that leaves it is left out.
"""

from __future__ import annotations

import gzip
import os
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from ssoroute.loaders.files import read
from ssoroute.loaders.findings import Code, Report
from ssoroute.loaders.tar_stream import DamagedTarError, TarMember, is_tar, tar_members
from ssoroute.model.quoting import cannot, one_line, printable, quote
from ssoroute.model.source import Source

__all__ = ["LIMITS", "Limits", "archive_files", "device_files", "is_archive"]


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is read: entries, bytes of one file, of all files kept, of the whole archive.

    `ratio` is how many bytes one byte of the archive may become, once `unchecked` bytes were read.
    """

    entries: int = 500_000
    file: int = 16 * 1024 * 1024
    kept: int = 128 * 1024 * 1024
    total: int = 32 * 1024 * 1024 * 1024
    ratio: int = 200
    unchecked: int = 32 * 1024 * 1024


LIMITS: Final = Limits()
_GZIP: Final = b"\x1f\x8b"

#: The files that say something, by their path in lower case.
_WANTED: Final = re.compile(
    r"(?:.*/)?(?:"
    r"sw_vers[^/]*\.txt"
    r"|swcutil[^/]*\.txt"
    r"|pluginkit[^/]*\.txt"
    r"|app-sso[^/]*\.txt"
    r"|rmd_inspect[^/]*\.txt"
    r"|profiles[^/]*\.(?:xml|plist)"
    r"|[^/]*spconfigurationprofiledatatype[^/]*\.(?:spx|xml|plist|json)"
    r"|com\.apple\.extensiblesso\.plist"
    r"|mcstate/shared/profile-[^/]*\.stub"
    r"|ssoextension[^/]*\.log"
    r"|(?:webkit|appsso)[^/]*\.(?:log|txt|ndjson|json)"
    r")"
)


def device_files(
    path: str | os.PathLike[str], report: Report, limits: Limits = LIMITS
) -> Iterator[tuple[Source, bytes]]:
    """The files that say something, each with its place: its path inside the sysdiagnose.

    `path` is a folder, a `.tar.gz` or a `.tar`. What cannot be read is reported.
    """
    given = os.fspath(path)
    here = Source(printable(given))
    if os.path.isdir(given):
        yield from _folder(given, here, report, limits)
        return
    try:
        with open(given, "rb") as file:
            yield from archive_files(file, here, report, limits)
    except (OSError, ValueError) as error:
        report.add(Code.CANNOT_READ, here, cannot("read", error))


def archive_files(
    file: BinaryIO, here: Source, report: Report, limits: Limits = LIMITS
) -> Iterator[tuple[Source, bytes]]:
    """The same of an open archive, read from its start to its end; `here` is its place."""
    try:
        yield from _archive(file, here, report, limits)
    except (DamagedTarError, zlib.error, EOFError, gzip.BadGzipFile) as error:
        what = "it ends early" if isinstance(error, EOFError) else one_line(str(error))
        message = f"the archive cannot be read to its end: {what}; what follows is missing"
        report.add(Code.BAD_ARCHIVE, here, message)


def is_archive(path: str) -> bool:
    """Whether the file at `path` is a tar archive, compressed or not, by its first bytes."""
    try:
        with open(path, "rb") as file:
            start = file.read(512)
    except (OSError, ValueError):
        return False
    return start.startswith(_GZIP) or is_tar(start)


def _archive(
    file: BinaryIO, here: Source, report: Report, limits: Limits
) -> Iterator[tuple[Source, bytes]]:
    start = file.read(512)
    file.seek(0)
    if start.startswith(_GZIP):
        stream = _Bounded(file, limits)
    elif is_tar(start):
        stream = _Bounded(file, limits, compressed=False)
    else:
        message = "not a sysdiagnose: neither a folder nor a tar archive (.tar.gz or .tar)"
        report.add(Code.BAD_ARCHIVE, here, message, "name a profile or a dump with --profiles")
        return
    kept = 0
    seen: set[str] = set()
    for number, member in enumerate(tar_members(stream)):
        if number == limits.entries:
            raise DamagedTarError(f"more than {limits.entries} entries")
        name = _inner(member.name, here, report)
        if name is None or not _WANTED.fullmatch(name.lower()):
            continue
        place = Source(printable(name))
        if name in seen or not _is_kept(member, place, report, limits.file):
            continue
        kept += member.size
        if kept > limits.kept:
            raise DamagedTarError(f"its files about SSO are larger than {limits.kept} bytes")
        seen.add(name)
        yield place, member.read()


def _inner(name: str, here: Source, report: Report) -> str | None:
    """The path of a member below the archive's top folder, None if it leaves the archive."""
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if name.startswith("/") or ".." in parts:
        message = f"the path {quote(name)} leaves the archive; left out"
        report.add(Code.IGNORED_LINE, here, message)
        return None
    # Observed: the top folder is named `sysdiagnose_…`; it says nothing.
    return "/".join(parts[1:] if len(parts) > 1 else parts)


def _is_kept(member: TarMember, place: Source, report: Report, limit: int) -> bool:
    if member.is_link:
        report.add(Code.SKIPPED, place, "a link in the archive is not followed; left out")
    elif member.is_file and member.size > limit:
        report.add(Code.TOO_LARGE, place, f"larger than {limit} bytes; left out")
    return member.is_file and member.size <= limit


def _folder(
    folder: str, here: Source, report: Report, limits: Limits
) -> Iterator[tuple[Source, bytes]]:
    entries = kept = 0

    def complain(error: OSError) -> None:
        place = Source(printable(error.filename or folder))
        report.add(Code.CANNOT_READ, place, cannot("read", error))

    for above, folders, names in os.walk(folder, onerror=complain):
        folders.sort()
        entries += len(folders) + len(names)
        if entries > limits.entries:
            message = f"the folder holds more than {limits.entries} entries; the rest is left out"
            report.add(Code.BAD_ARCHIVE, here, message)
            return
        for name in sorted(names):
            path = os.path.join(above, name)
            relative = os.path.relpath(path, folder).replace(os.sep, "/")
            if not _WANTED.fullmatch(relative.lower()):
                continue
            place = Source(printable(relative))
            if os.path.islink(path) or not os.path.isfile(path):
                report.add(Code.SKIPPED, place, "not a regular file; left out")
                continue
            for _, data in read(path, limits.file, report):
                kept += len(data)
                if kept > limits.kept:
                    message = f"the files about SSO are larger than {limits.kept} bytes"
                    report.add(Code.BAD_ARCHIVE, here, f"{message}; the rest is left out")
                    return
                yield place, data


class _Bounded:
    """What an archive unpacks to, as long as that is within bounds."""

    def __init__(self, file: BinaryIO, limits: Limits, *, compressed: bool = True) -> None:
        self._file = file
        self._stream: BinaryIO = gzip.GzipFile(fileobj=file) if compressed else file  # type: ignore[assignment] # it reads as one
        self._limits = limits
        self._read = 0

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; `DamagedTarError` if the archive unpacks to too much."""
        data = self._stream.read(size)
        self._read += len(data)
        limits = self._limits
        if self._read > limits.total:
            raise DamagedTarError(f"it unpacks to more than {limits.total} bytes")
        if self._read > limits.unchecked and self._read > limits.ratio * self._file.tell():
            raise DamagedTarError(f"it unpacks to more than {limits.ratio} times its size")
        return data
