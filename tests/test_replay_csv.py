"""CSV logs: rows, headers, delimiters and encodings."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli_world import corp
from replay_world import LOGIN, chunks, outcomes, replay
from ssoroute.replay.chunks import (
    Remark,
)

__all__ = ["corp"]


CSV_ROWS: list[tuple[str, str | tuple[str | None, str]]] = [
    ("https://login.example.com/,,,,,", "url_prefix"),
    ('"https://login.example.com/",,,true,,', "screen_locked"),
    ("https://login.example.com/,,,TRUE,0,", "url_prefix"),
    ("https://a.example.com/,, 401 ,,,", "host"),
    ("https://login.example.com/,com.example.app.sso,,,,", "caller_is_extension"),
    ('"https://login.example.com/\na",,,,,', "url_prefix"),
    (",,,,,", ("url", "`url` is missing")),
    ("", (None, "the line is blank")),
    ("https://h/", (None, "the row has 1 fields, the header 6")),
    ("https://h/,,4o1,,,", ("response_code", "`response_code` must be an integer, not `4o1`")),
    ("https://h/,,,yes,,", ("screen_locked", "`screen_locked` must be true or false, not `yes`")),
    ("https://h/\udcff,,,,,", ("url", "`url` is not UTF-8")),
    (f"{'x' * 131_073},,,,,", (None, "not CSV: field larger than field limit (131072)")),
    ("https://www.example.org/,,,,,", "no_match"),
]


@pytest.mark.usefixtures("corp")
def test_csv_rows() -> None:
    header = "url,caller,response_code,screen_locked,user_interface_enabled,background_session"
    log = "\n".join([header, *(row for row, _ in CSV_ROWS)])
    lines, _, status = replay("-", stdin=log.encode("utf-8", "surrogateescape"))
    number = 2
    for answer, (row, expected) in zip(lines, CSV_ROWS, strict=True):
        if isinstance(expected, str):
            assert answer["reason"] == expected, row
        else:
            field, message = expected
            assert answer["error"] == {
                "file": "-",
                "line": number,
                "field": field,
                "message": message,
            }
        number += 1 + row.count("\n")
    assert status == 3


LONG = "x" * 131_073
ODD_HEADERS: list[tuple[str, str]] = [
    ("url,no\rte", "not CSV: new-line character seen in unquoted field"),
    (f'url,"{LONG}"', "not CSV: field larger than field limit (131072)"),
    (f"url,{LONG}", "not CSV: field larger than field limit (131072)"),
    (f'"url","a ""quoted"" name, {LONG}"', "not CSV: field larger than field limit (131072)"),
]


@pytest.mark.usefixtures("corp")
@pytest.mark.parametrize(("header", "message"), ODD_HEADERS)
def test_a_header_with_a_fault_is_an_error_and_the_rest_is_read(header: str, message: str) -> None:
    lines, stderr, status = replay("-", stdin=f"{header}\n{LOGIN},x\nh\n{LOGIN},\n".encode())
    assert [line.get("reason") or line["error"]["line"] for line in lines] == [
        *(1, "url_prefix", 3, "url_prefix"),
    ]
    assert lines[0]["error"]["message"] == message
    assert "Traceback" not in stderr
    assert status == 3


def test_a_header_that_is_too_long_ends_its_log() -> None:
    header = b"url," + b"a," * 600_000 + b"\n"
    assert chunks(header + b"https://h/\n", "log.csv")[-1].body == Remark(
        "the header is longer than 1048576 bytes", fatal=True
    )


@pytest.mark.usefixtures("corp")
def test_a_record_is_bounded_over_all_its_lines() -> None:
    many = '"a\n"' + ',"b\n"' * 300_000  # 1.5 MB, in fields that are short each
    log = f"url,note\n{LOGIN},\n{many}\n{LOGIN},\n" + "y," * 600_000 + f"\n{LOGIN},\n"
    lines, _, status = replay("-", stdin=log.encode())
    answers = [line.get("reason") or line["error"]["message"] for line in lines]
    assert answers[0] == answers[-1] == "url_prefix"
    assert answers.count("the row is longer than 1048576 bytes") == 2
    assert answers[-2] == "the row is longer than 1048576 bytes"
    assert status == 3


@pytest.mark.usefixtures("corp")
def test_unused_columns_are_reported() -> None:
    lines, stderr, status = replay("-", stdin=b"time,url\n1,https://login.example.com/\n")
    assert outcomes(lines) == [("https://login.example.com/", "url_prefix")]
    assert stderr.splitlines()[0] == (
        "-: warning: not used: column `time`; known are url, caller, response_code,"
        " screen_locked, user_interface_enabled, background_session, client, app"
    )
    assert status == 0


ROWS = "url,caller\nhttps://login.example.com/,com.example.a\nhttps://h/,\n"


@pytest.mark.usefixtures("corp")
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be"])
@pytest.mark.parametrize("name", ["log.csv", "log.txt"])
def test_what_stands_between_fields_and_the_encoding_are_recognised(
    name: str, encoding: str, delimiter: str
) -> None:
    mark = b"\xfe\xff" if encoding == "utf-16-be" else b""
    Path(name).write_bytes(mark + ROWS.replace(",", delimiter).encode(encoding))
    lines, error, status = replay(name)
    assert outcomes(lines) == [
        ("https://login.example.com/", "url_prefix"),
        ("https://h/", "no_match"),
    ]
    assert "error" not in error
    assert status == 0


@pytest.mark.usefixtures("corp")
def test_other_logs_may_be_utf_16_as_well() -> None:
    Path("log.jsonl").write_bytes('{"url": "https://login.example.com/"}\n'.encode("utf-16"))
    lines, _, status = replay("log.jsonl")
    assert (outcomes(lines), status) == ([("https://login.example.com/", "url_prefix")], 0)


@pytest.mark.usefixtures("corp")
def test_utf_16_that_is_cut_is_an_error() -> None:
    Path("log.csv").write_bytes(ROWS.encode("utf-16")[:-1])
    lines, error, status = replay("log.csv")
    assert len(lines) <= 2
    assert "log.csv: error: the log is not UTF-16 to its end" in error
    assert status == 3


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (
            b"caller\n",
            "the column `url` is missing; found are caller; name it with --columns url=FIELD",
        ),
        (b"url,url\n", "there are 2 columns `url`"),
        (b"", "the column `url` is missing"),
    ],
)
def test_a_header_that_cannot_be_used(header: bytes, message: str) -> None:
    assert [chunk.body for chunk in chunks(header, "log.csv")] == [Remark(message, fatal=True)]
