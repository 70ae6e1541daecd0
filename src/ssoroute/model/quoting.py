"""How a value of the user is quoted in a message: between backticks, on one printable line."""

from __future__ import annotations

from typing import Final

__all__ = ["cannot", "counted", "one_line", "printable", "quote", "reason"]

_LIMIT: Final = 120


def quote(value: object) -> str:
    r"""`value` between backticks on one printable line, shortened if it is long.

    >>> quote("a\nb")
    '`a\\nb`'
    """
    return f"`{one_line(value)}`"


def one_line(value: object) -> str:
    r"""`value` on one printable line, shortened if it is long.

    >>> one_line("a\nb")
    'a\\nb'
    """
    text = value if isinstance(value, str) else repr(value)
    if len(text) > _LIMIT:
        text = text[: _LIMIT - 1] + "…"
    return printable(text)


def printable(text: str) -> str:
    r"""`text` with everything escaped that is not a visible character or a space.

    >>> print(printable("a\x1b[31mb\n"))
    a\x1b[31mb\n
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def counted(number: int, noun: str) -> str:
    """`number` and `noun`, which is regular.

    >>> counted(1, "file"), counted(2000, "file")
    ('1 file', '2,000 files')
    """
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def cannot(be: str, error: Exception) -> str:
    """Why something cannot be read, written or removed, as the end of a message.

    >>> cannot("read", FileNotFoundError(2, "No such file or directory"))
    'cannot be read: no such file or directory'
    """
    return f"cannot be {be}: {reason(error)}"


def reason(error: Exception) -> str:
    """What the system says about a file that cannot be read or written, as part of a message.

    >>> reason(FileNotFoundError(2, "No such file or directory"))
    'no such file or directory'
    """
    said = (error.strerror if isinstance(error, OSError) else None) or str(error)
    said = said or type(error).__name__
    return one_line(said[:1].lower() + said[1:].rstrip("."))
