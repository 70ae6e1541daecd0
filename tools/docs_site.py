"""Builds the documentation as a site with search, from `docs/` as it is.

    python tools/docs_site.py [FOLDER]

The site goes to `build/site` if no folder is given. It needs the extra `docs`. Every
warning is an error: a link that leads nowhere, a page that cannot be read. docs/index.md says which
pages there are and in which order; a page that it does not name comes last.
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parent.parent
DOCS: Final = ROOT / "docs"

_SETTINGS: Final[dict[str, Any]] = {
    "project": "ssoroute",
    "root_doc": "index",
    "source_suffix": {".md": "markdown"},
    "extensions": ["myst_parser"],
    "exclude_patterns": ["man"],
    "html_theme": "furo",
    "html_title": "ssoroute",
    "html_copy_source": False,
    "html_show_copyright": False,
    "html_show_sphinx": False,
    "html_use_index": False,  # docs/api.md has the names in order
    "myst_heading_anchors": 4,  # the anchors that the pages use among themselves
}
_LINK: Final = re.compile(r"\[([^\]]+)\]\(([\w./-]+)(#[^)]*)?\)")
_SECTION: Final = re.compile(r"^## (.+)$", re.MULTILINE)
_PAGE: Final = re.compile(r"^\* \[[^\]]+\]\(([^)]+)\.md\)", re.MULTILINE)


def without_links_outside(text: str, page: str) -> str:
    """`text` of `page`, with the words alone of links to files outside of the site, or to folders.

    >>> without_links_outside("see [CHANGELOG](../CHANGELOG.md) and [api](api.md)", "index")
    'see CHANGELOG and [api](api.md)'
    """

    def kept(link: re.Match[str]) -> str:
        target = (DOCS / page).parent.joinpath(link[2]).resolve()
        inside = target.is_relative_to(DOCS.resolve()) and not target.is_dir()
        return link[0] if inside else link[1]

    return _LINK.sub(kept, text)


def contents(index: str, pages: set[str]) -> str:
    """The table of contents for the side of each page: the sections of `index`, then the rest."""
    named: list[str] = []
    parts = []
    _, *sections = _SECTION.split(index)
    for name, text in zip(sections[::2], sections[1::2], strict=True):
        found = _PAGE.findall(text)
        named += found
        parts.append(_tree(name, found))
    rest = sorted(pages - {*named, "index"})
    if rest:
        parts.append(_tree("Other pages", rest))
    return "\n".join(parts)


def _tree(name: str, pages: list[str]) -> str:
    lines = ["```{toctree}", ":hidden:", f":caption: {name}", "", *pages, "```", ""]
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    try:
        from sphinx.application import Sphinx
    except ImportError as error:
        print(f"{error.name} is missing: pip install 'ssoroute[docs]'", file=sys.stderr)
        return 2
    output = Path(arguments[0]) if arguments else ROOT / "build" / "site"
    pages = {
        path.relative_to(DOCS).with_suffix("").as_posix()
        for path in DOCS.rglob("*.md")
        if "man" not in path.parts
    }

    def prepare(_app: object, page: str, source: list[str]) -> None:
        source[0] = without_links_outside(source[0], page)
        if page == "index":
            source[0] += "\n" + contents(source[0], pages)

    with tempfile.TemporaryDirectory() as trees:
        app = Sphinx(
            DOCS,
            None,
            output,
            trees,
            "html",
            confoverrides=_SETTINGS,
            status=None,
            warningiserror=True,
            freshenv=True,
        )
        app.connect("source-read", prepare)
        app.build()
    if app.statuscode:
        return int(app.statuscode)
    print(f"{len(pages)} pages in {output}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
