"""What the loaders can report: the one table of their codes, and the report they write into.

A code is stable: it keeps its meaning for ever, and its severity follows from the table. The reader
of a single format raises `Unreadable`; its caller knows the file and makes a finding of it.
"""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from typing import Final

from ssoroute.loaders.position import Position
from ssoroute.model.finding import Finding, Severity
from ssoroute.model.profile import Channel, InlineComment
from ssoroute.model.source import Source

__all__ = ["CODES", "Code", "Report", "Unreadable"]

#: A hostile file can hold a million faults, and each costs memory.
_LIMIT_PER_FILE: Final = 1000


class Code(StrEnum):
    """The stable code of a kind of finding; `CODES` says what each means."""

    CANNOT_READ = "SSO001"
    TOO_LARGE = "SSO002"
    EMPTY_FOLDER = "SSO003"
    UNKNOWN_FORMAT = "SSO004"
    BAD_TEXT = "SSO005"
    BAD_XML = "SSO006"
    NOT_A_PROPERTY_LIST = "SSO007"
    BAD_BINARY = "SSO008"
    BAD_JSON = "SSO009"
    BAD_CONTAINER = "SSO010"
    ENCRYPTED = "SSO011"
    TOO_DEEP = "SSO012"
    NOT_A_PROFILE = "SSO013"
    WRONG_TYPE = "SSO014"
    BAD_DECLARATION = "SSO015"
    SIGNED = "SSO021"
    UNKNOWN_SCOPE = "SSO022"
    IGNORED_FIELD = "SSO023"
    ASSOCIATED_DOMAINS = "SSO024"
    OTHER_DECLARATION = "SSO025"
    INSTALL_DATE = "SSO026"
    WITHOUT_KEYS = "SSO027"
    UNSUPPORTED_VALUE = "SSO028"
    SKIPPED = "SSO029"
    NOTHING_INSIDE = "SSO030"
    CUT_SHORT = "SSO031"
    BAD_OPENSTEP = "SSO032"
    BAD_ARCHIVE = "SSO033"
    NOT_A_SOURCE = "SSO034"
    IGNORED_LINE = "SSO035"
    UNKNOWN_SETTING = "SSO036"
    OTHER_CHANNEL = "SSO037"
    INVALID_SIGNATURE = "SSO038"
    DUPLICATE_KEY = "SSO106"


_E, _W, _I = Severity.ERROR, Severity.WARNING, Severity.INFO

#: Code → severity and meaning. `docs/loading.md` shows this table; a test compares the two.
CODES: Final[dict[Code, tuple[Severity, str]]] = {
    Code.CANNOT_READ: (_E, "a file, folder or stream cannot be opened or read"),
    Code.TOO_LARGE: (_E, "a file or stream is larger than `max_bytes`"),
    Code.EMPTY_FOLDER: (_E, "a folder holds no file with one of the known endings"),
    Code.UNKNOWN_FORMAT: (_E, "empty, or none of the known formats"),
    Code.BAD_TEXT: (_E, "text that its encoding does not allow"),
    Code.BAD_XML: (_E, "not well-formed XML"),
    Code.NOT_A_PROPERTY_LIST: (_E, "well-formed XML, but not a property list"),
    Code.BAD_BINARY: (_E, "a damaged or hostile binary property list"),
    Code.BAD_JSON: (_E, "not JSON"),
    Code.BAD_CONTAINER: (_E, "a signed container that cannot be opened, or holds no profile"),
    Code.ENCRYPTED: (_E, "an encrypted profile"),
    Code.TOO_DEEP: (_E, "values or containers nested too deep"),
    Code.NOT_A_PROFILE: (_E, "readable, but none of the accepted forms of a profile"),
    Code.WRONG_TYPE: (_E, "a part of a profile has the wrong type and is left out"),
    Code.BAD_DECLARATION: (_E, "an extensible-sso declaration without its parts"),
    Code.SIGNED: (_I, "the profile is signed; says whether the signature is checked, and by whom"),
    Code.UNKNOWN_SCOPE: (_W, "`PayloadScope` is neither `System` nor `User`; read as `System`"),
    Code.IGNORED_FIELD: (_W, "an identifier, name or UUID has the wrong type and is ignored"),
    Code.ASSOCIATED_DOMAINS: (_W, "a part of an associated-domains payload is ignored"),
    Code.OTHER_DECLARATION: (_I, "a declaration of another type is left out"),
    Code.INSTALL_DATE: (_W, "a profile of a dump has no readable install date and goes last"),
    Code.WITHOUT_KEYS: (_W, "a `ProfileList` response names an SSO payload without its keys"),
    Code.UNSUPPORTED_VALUE: (_W, "a value that cannot be kept as written is replaced"),
    Code.SKIPPED: (_I, "an entry of a folder is not a regular file or folder and is left out"),
    Code.NOTHING_INSIDE: (_I, "a dump or list holds no profile"),
    Code.CUT_SHORT: (_W, "more than 1000 findings about one file; the rest is left out"),
    Code.BAD_OPENSTEP: (_E, "not an old-style (OpenStep) property list"),
    Code.BAD_ARCHIVE: (_E, "a sysdiagnose that cannot be read to its end"),
    Code.NOT_A_SOURCE: (_E, "none of the known outputs of a device's tools"),
    Code.IGNORED_LINE: (_W, "a part of a tool's output is not understood and is ignored"),
    Code.UNKNOWN_SETTING: (_W, "a setting of an export is not known and is left out"),
    Code.OTHER_CHANNEL: (_W, "the given channel is not the one that `PayloadScope` names"),
    Code.INVALID_SIGNATURE: (_W, "no trusted root vouches for the signature, or it is broken"),
    Code.DUPLICATE_KEY: (_W, "a key is written twice in one dictionary; the last one counts"),
}


class Unreadable(Exception):  # noqa: N818 - it says what the bytes are
    """Bytes that the reader of a format cannot read; never leaves the loaders."""

    def __init__(
        self, code: Code, message: str, hint: str = "", position: Position | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.position = position


class Report:
    """The findings of one `load`, in the order in which they were met, and the comments for checks.

    `channel` is the channel that the caller of `load` gives, or None.

    >>> report = Report()
    >>> report.add(Code.TOO_LARGE, Source("a.plist"), "larger than 10 bytes")
    >>> print(report.findings[0])
    a.plist: error: larger than 10 bytes [SSO002]
    """

    def __init__(self, channel: Channel | None = None) -> None:
        self.channel = channel
        self.findings: list[Finding] = []
        self.comments: list[InlineComment] = []
        self._per_file: Counter[str] = Counter()

    def add(
        self,
        code: Code,
        source: Source,
        message: str,
        hint: str = "",
        position: Position | None = None,
    ) -> None:
        """Report one finding; its severity is the one in `CODES`."""
        self._per_file[source.file] += 1
        count = self._per_file[source.file]
        if count > _LIMIT_PER_FILE + 1:
            return
        if count == _LIMIT_PER_FILE + 1:
            code, source = Code.CUT_SHORT, Source(source.file)
            message, hint = f"more than {_LIMIT_PER_FILE} findings; the rest is left out", ""
            position = None
        line, column = position or (None, None)
        self.findings.append(
            Finding(code.value, CODES[code][0], source, message, hint, line=line, column=column)
        )

    def unreadable(self, source: Source, fault: Unreadable) -> None:
        """Report that the bytes at `source` cannot be read."""
        # The lines of bytes inside a file (a profile in an MDM command) are not lines of the file.
        position = None if source.path else fault.position
        self.add(fault.code, source, fault.message, fault.hint, position)
