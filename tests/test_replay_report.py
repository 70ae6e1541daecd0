"""`ssoroute replay --report`: the page says what the summary says, loads nothing, hides secrets."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from cli_world import CREDENTIAL, REDIRECT, corp, invoke, write_profile

__all__ = ["corp"]

P = "-pcorp.mobileconfig"
LINE = "1767323045.586 9 192.0.2.1 TCP_MISS/{} 5 GET {} - HIER_DIRECT/h -\n"
LOG = "".join(
    LINE.format(status, url)
    for status, url in [
        (200, "https://login.example.com/"),
        (200, "https://user:pass99@www.example.org/secret-path?token=abc"),
        (401, "https://wiki.example.com/"),
        (200, "https://login.example.com.evil.net/"),
        (200, "https://id.example.com/other"),
        (200, "https://www.elsewhere.net/"),
    ]
)


class Cells(HTMLParser):
    """The texts of the cells of all tables, row by row, and every tag and attribute."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.tags: set[str] = set()
        self.names: set[str] = set()
        self._open = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.names |= {name for name, _ in attrs}
        if tag == "tr":
            self.rows.append([])
        self._open = tag == "td"
        if self._open:
            self.rows[-1].append("")

    def handle_data(self, data: str) -> None:
        if self._open:
            self.rows[-1][-1] += data


def page(*arguments: str, stdin: str = LOG) -> str:
    result = invoke("replay", P, "--report", "report.html", *arguments, "-", stdin=stdin)
    assert result.exit_code in (0, 3), result.stderr
    return Path("report.html").read_text("utf-8")


@pytest.mark.usefixtures("corp")
def test_the_page_says_what_the_summary_says() -> None:
    found = page()
    rows = [[cell.strip() for cell in row if cell.strip()] for row in Cells(found).rows if row]
    sso, kerberos = "com.example.app.sso", "com.example.kerberos"
    assert rows == [
        ["do_not_handle", "4", "57.1 %"],
        ["handle", "3", "42.9 %"],
        ["no_match", "4", "57.1 %"],
        ["url_prefix", "2", "28.6 %"],
        ["host", "1", "14.3 %"],
        [sso, "2", "28.6 %"],
        [kerberos, "1", "14.3 %"],
        [f"https://login.example.com ({sso})", "2", "28.6 %"],
        [f".example.com ({kerberos})", "1", "14.3 %"],
        ["id.example.com", "https://id.example.com/t/", "1"],
        ["wiki.example.com", ".example.com (after a challenge)", "1"],
        ["www.elsewhere.net", "-", "1"],
        ["www.example.org", "-", "1"],
        ["login.example.com.evil.net", f"https://login.example.com ({sso})", "1"],
    ]
    assert "7 requests" in found
    assert 'title="03:00, 7 requests: 3 handle, 4 do_not_handle"' in found
    assert found.count('class="hour"') == 24


@pytest.mark.usefixtures("corp")
def test_the_page_loads_nothing_and_runs_nothing() -> None:
    found = page()
    cells = Cells(found)
    assert cells.tags.isdisjoint({"script", "link", "img", "iframe", "object", "svg", "a", "form"})
    assert cells.names.isdisjoint({"src", "href", "srcset", "action"})
    assert not [name for name in cells.names if name.startswith("on")]
    assert "url(" not in found
    assert "@import" not in found
    assert "default-src 'none'" in found
    assert "prefers-color-scheme: dark" in found


@pytest.mark.usefixtures("corp")
def test_the_page_shows_no_secret() -> None:
    write_profile(
        Path("corp.mobileconfig"),
        {**REDIRECT, "URLs": ["https://user:pass88@login.example.com/"]},
        CREDENTIAL,
    )
    log = LOG + LINE.format(200, "https://user:pass88@login.example.com/")
    found = page("--spelling", "app", stdin=log)
    assert "login.example.com/" in found
    for secret in ("pass99", "pass88", "secret-path", "token=abc"):
        assert secret not in found


@pytest.mark.usefixtures("corp")
def test_what_a_log_says_is_escaped() -> None:
    urls = ["https://<b>x.example/", 'https://"onload=1.example/', "https://a\x1b[31m&amp;/"]
    log = "".join(json.dumps({"url": url}) + "\n" for url in urls)
    found = page("--spelling", "app", "--format", "jsonl", stdin=log)
    assert "&lt;b&gt;x.example" in found
    assert "<b>" not in found
    assert "&quot;onload" in found
    assert "\x1b" not in found
    assert "&amp;amp;" in found


@pytest.mark.usefixtures("corp")
def test_the_page_tells_what_is_missing() -> None:
    tunnel = LINE.format(200, "h:443").replace("GET", "CONNECT")
    found = page("no<b>.csv", stdin=LOG + tunnel + "x\n")
    assert "-: left out (1): CONNECT requests" in found
    assert "1 row is not a request." in found
    assert "no&lt;b&gt;.csv: cannot be read: no such file or directory" in found


@pytest.mark.usefixtures("corp")
def test_an_empty_log_has_a_page() -> None:
    found = page("--format", "urls", stdin="")
    assert "0 requests" in found
    assert Cells(found).rows == []


@pytest.mark.usefixtures("corp")
def test_a_page_that_cannot_be_written() -> None:
    result = invoke("replay", P, "--report", "report.csv", "-", stdin=LOG)
    assert "--report writes HTML; `report.csv` must end in .html" in result.stderr
    assert result.exit_code == 2
    Path("old.html").write_text("old")
    result = invoke("replay", P, "--report", "none/report.html", "-", stdin=LOG)
    assert "none/report.html: error: cannot be written: no such file or directory" in result.stderr
    assert result.exit_code == 3
    assert re.search(r"^7 requests$", result.stdout, re.MULTILINE)
