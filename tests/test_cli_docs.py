"""`ssoroute docs`, the index of the pages, and the site that is made of them."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys

import docs_site
import pytest

from cli_world import ROOT, environment, invoke

DOCS = ROOT / "docs"
PAGES = sorted(path.relative_to(DOCS).with_suffix("").as_posix() for path in DOCS.rglob("*.md"))


def test_every_page_is_listed_with_its_title() -> None:
    listed = invoke("docs").stdout.splitlines()
    assert listed[0].split() == ["index", "ssoroute"]
    assert sorted(line.split()[0] for line in listed) == PAGES
    assert [line.split(maxsplit=1)[1] for line in listed if line.startswith("tutorial ")] == [
        "A user sees a login page"
    ]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_printed_as_it_is_written(page: str) -> None:
    text = (DOCS / f"{page}.md").read_text(encoding="utf-8")
    assert invoke("docs", page).stdout == text
    assert invoke("docs", f"{page}.md").stdout == text


def test_an_unknown_page_is_misuse() -> None:
    near, far = invoke("docs", "tuturial"), invoke("docs", "../README")
    assert (near.exit_code, far.exit_code) == (2, 2)
    assert "unknown page `tuturial`; did you mean `tutorial`?" in near.stderr
    assert "unknown page `../README`; `ssoroute docs` lists the pages" in far.stderr


def test_a_terminal_gets_a_page_that_is_laid_out() -> None:
    script = f"{sys.executable} -m ssoroute docs for-ci"
    controller, terminal = pty.openpty()
    env = environment(PAGER="cat", TERM="xterm-256color", COLUMNS="80")
    with subprocess.Popen(script.split(), stdout=terminal, env=env, cwd=ROOT) as process:
        os.close(terminal)
        shown = b""
        try:
            while piece := os.read(controller, 65536):
                shown += piece
        except OSError:  # the end, on Linux
            pass
        assert process.wait(60) == 0
    os.close(controller)
    plain = re.sub(r"\x1b\[[0-9;]*m", "", shown.decode())
    assert "\x1b[1" in shown.decode()
    assert "What devices refuse or ignore. check exits with 1" in plain
    assert "](" not in plain
    assert max(map(len, plain.splitlines())) <= 81


def test_the_contents_of_the_site_are_the_sections_of_the_index() -> None:
    index = (
        "# X\n\n## Start\n\n* [A](a.md): first\n* [B](sub/b.md)\n\n## More to know\n\n* [C](c.md)\n"
    )
    assert docs_site.contents(index, {"index", "a", "sub/b", "c", "d"}).split("```")[1::2] == [
        "{toctree}\n:hidden:\n:caption: Start\n\na\nsub/b\n",
        "{toctree}\n:hidden:\n:caption: More to know\n\nc\n",
        "{toctree}\n:hidden:\n:caption: Other pages\n\nd\n",
    ]


def test_links_that_leave_the_site_become_words() -> None:
    text = "[a](../CHANGELOG.md), [b](api.md#x), [c](adr/), [d](https://www.apple.com/)"
    wanted = "a, [b](api.md#x), c, [d](https://www.apple.com/)"
    assert docs_site.without_links_outside(text, "index") == wanted
    inner = "[a](../performance.md#biases)"
    assert docs_site.without_links_outside(inner, "performance/peers") == inner
