"""Comments for this tool in XML property lists: `<!-- ssoroute: ignore SSO202 REASON -->`.

They are only found here. What they mean is the matter of the checks.
"""

from __future__ import annotations

from typing import Final

from ssoroute.loaders.position import Lines
from ssoroute.loaders.source_text import SourceText
from ssoroute.model.profile import InlineComment
from ssoroute.model.source import Source

__all__ = ["inline_comments"]

_MARK: Final = "ssoroute:"
_MARKS: Final = tuple(_MARK.encode(encoding) for encoding in ("utf-8", "utf-16-le", "utf-16-be"))
#: A hostile file can hold a million comments, and each could become a finding.
_MOST: Final = 1000


def inline_comments(data: bytes, source: Source, *, has_lines: bool) -> list[InlineComment]:
    """The comments in `data`, an XML property list that can be read and whose place is `source`.

    `has_lines` says that its lines are those of a file. At most 1000 comments are taken.

    >>> data = b"<plist><array><!-- ssoroute: ignore SSO202 us --><true/></array></plist>"
    >>> [found] = inline_comments(data, Source("a.plist"), has_lines=True)
    >>> found.text, found.source.path, found.position[1]
    (' ignore SSO202 us ', '[0]', 15)
    """
    if not any(mark in data for mark in _MARKS):
        return []
    text = SourceText.read(data)
    if text is None:
        return []
    lines = Lines(text.text)
    found: list[InlineComment] = []
    for comment in text.comments(_MARK)[:_MOST]:
        words = comment.text.lstrip()
        dot = "." if source.path and comment.path and not comment.path.startswith("[") else ""
        place = Source(source.file, f"{source.path}{dot}{comment.path or ''}")
        found.append(
            InlineComment(
                words.removeprefix(_MARK),
                place,
                comment.path is not None,
                lines.position(comment.span.start) if has_lines else None,
            )
        )
    return found
