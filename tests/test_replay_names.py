"""`ssoroute replay`: columns with other names, and folders of Parquet files."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from cli_world import SSO, corp, invoke
from ssoroute.replay.column_names import ColumnsError, parse_columns

__all__ = ["corp"]

P = "-pcorp.mobileconfig"
LOGIN = "https://login.example.com/"
TENANT = "https://a.example.com/"
NAMES = "url=cs-uri,caller=app id,code=sc-status"


def replay(*arguments: str, stdin: str = "", jobs: str = "1") -> tuple[list[Any], str, int]:
    """Outcome and reason, or the message, of each row; standard error; and the status."""
    result = invoke("replay", P, "--jobs", jobs, "--output", "-", *arguments, stdin=stdin)
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    return (
        [line.get("reason") or line["error"]["message"] for line in lines],
        result.stderr,
        result.exit_code,
    )


def hours(*arguments: str, stdin: str = "") -> list[tuple[int, str, int]]:
    result = invoke("replay", P, "--json", *arguments, stdin=stdin)
    return [tuple(row.values()) for row in json.loads(result.stdout)["hours"]]


WRONG = [
    ("uri=x", "unknown member `uri`; did you mean `url`?"),
    ("url", "must be `url=FIELD,caller=FIELD,…`, not `url`"),
    ("url=", "must be `url=FIELD,caller=FIELD,…`, not `url=`"),
    ("", "must be `url=FIELD,caller=FIELD,…`, not ``"),
    ("url=a,url=b", "`url` is named twice"),
    ("code=a,response_code=b", "`response_code` is named twice"),
    ("url=a,caller=a", "the field `a` is named twice"),
]


@pytest.mark.usefixtures("corp")
@pytest.mark.parametrize(("text", "message"), WRONG)
def test_names_that_are_invalid(text: str, message: str) -> None:
    with pytest.raises(ColumnsError) as caught:
        parse_columns(text)
    assert str(caught.value) == message
    result = invoke("replay", P, "--columns", text, "-")
    assert message in result.stderr
    assert result.exit_code == 2


ROWS = [
    (LOGIN, "", "200", "url_prefix"),
    (TENANT, "", "401", "host"),
    (LOGIN, SSO, "", "caller_is_extension"),
    ("https://www.example.org/", "com.apple.Safari", "0", "no_match"),
]


@pytest.mark.usefixtures("corp")
@pytest.mark.parametrize("form", [[], ["--format", "csv"]])
def test_columns_of_a_csv(form: list[str]) -> None:
    text = "time,cs-uri,url,sc-status,app id\n" + "".join(
        f"x,{url},not used,{code},{caller}\n" for url, caller, code, _ in ROWS
    )
    found, stderr, status = replay(*form, "--columns", NAMES, "-", stdin=text)
    assert found == [reason for *_, reason in ROWS]
    assert "not used" not in stderr
    assert status == 0


@pytest.mark.usefixtures("corp")
def test_many_rows_of_a_csv_are_read_as_columns_alike() -> None:
    text = "cs-uri,x,sc-status,app id\n" + "".join(
        f"{url},,{code},{caller}\n" for url, caller, code, _ in ROWS * 3000
    )
    result = invoke("replay", P, "--json", "--columns", NAMES, "-", stdin=text)
    reasons = json.loads(result.stdout)["reasons"]
    assert {name: count for name, count in reasons.items() if count} == {
        "url_prefix": 3000,
        "host": 3000,
        "caller_is_extension": 3000,
        "no_match": 3000,
    }


@pytest.mark.usefixtures("corp")
def test_members_of_json() -> None:
    text = "".join(
        json.dumps({"http": {"u": url}, "app id": caller or None, "sc-status": code, "n": 1}) + "\n"
        for url, caller, code, _ in ROWS[:2]
    )
    text += json.dumps({"http.u": LOGIN, "app id": SSO, "sc-status": 200, "url": "x"}) + "\n"
    text += json.dumps({"http": {"u": TENANT}, "sc-status": 401}) + "\n"
    text += json.dumps({"http": 7}) + "\n[]\n"
    names = "url=http.u,caller=app id,code=sc-status"
    found, _, status = replay("--columns", names, "-", stdin=text)
    assert found == [
        *("url_prefix", "host", "caller_is_extension", "host"),
        "`url` is missing",
        "the line must be a JSON object, not an array",
    ]
    assert status == 3


@pytest.mark.usefixtures("corp")
def test_a_log_like_that_of_a_cloud_proxy() -> None:
    text = (
        "datetime,user,protocol,url,respcode\n"
        "2026-01-02 03:04:05,x,HTTPS,login.example.com/,200\n"
        "2026-01-02 04:04:05,x,HTTPS,a.example.com/,401\n"
        "2026-01-02 04:04:05,x,SSL,login.example.com:443,200\n"
        "2026-01-02 05:04:05,x,HTTP,https://login.example.com/,200\n"
        "2026-01-02 05:04:05,x,a b,login.example.com/,200\n"
    )
    names = "url=url,scheme=protocol,code=respcode,time=datetime"
    found, stderr, status = replay("--columns", names, "-", stdin=text)
    assert found == [
        *("url_prefix", "host", "url_prefix"),
        "`scheme` must be http or https, not `a b`",
    ]
    assert "-: warning: left out (1): CONNECT requests" in stderr
    assert status == 3
    assert hours("--columns", names, "-", stdin=text) == [
        *((3, "handle", 1), (4, "handle", 1), (5, "handle", 1)),
    ]


NAME_IT = "name it with --columns url=FIELD"
MISSING = [
    ("log.csv", "cs-url,x\na,b\n", "the column `cs-uri` is missing; did you mean `cs-url`?"),
    ("log.csv", "x,y\na,b\n", f"the column `cs-uri` is missing; found are x, y; {NAME_IT}"),
    ("log.csv", "cs-uri,x\na,b\n", "the column `app id` is missing"),
    ("log.urls", "https://h/\n", "the format `urls` has no columns; leave out --columns"),
    ("log.har", "{}", "the format `har` has no columns; leave out --columns"),
]


@pytest.mark.usefixtures("corp")
@pytest.mark.parametrize(("name", "text", "message"), MISSING)
def test_columns_that_are_missing(name: str, text: str, message: str) -> None:
    Path(name).write_text(text)
    found, stderr, status = replay("--columns", NAMES, name)
    assert (found, status) == ([], 3)
    assert stderr.startswith(f"{name}: error: {message}")


# --- Parquet -----------------------------------------------------------------------------------


def write(path: str, **columns: Any) -> None:
    pa = pytest.importorskip("pyarrow", reason="Parquet needs pyarrow")
    pq = pytest.importorskip("pyarrow.parquet", reason="Parquet needs pyarrow")
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path)


def parquet_columns() -> dict[str, Any]:
    pa = pytest.importorskip("pyarrow", reason="Parquet needs pyarrow")
    east = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=2)))
    return {
        "cs-uri": [url for url, *_ in ROWS],
        "url": ["not used"] * 4,
        "app id": [caller or None for _, caller, *_ in ROWS],
        "sc-status": pa.array([int(code or 0) for *_, code, _ in ROWS], pa.uint16()),
        "at": pa.array([east] * 4, pa.timestamp("ms", "Europe/Helsinki")),
        "plain": pa.array([datetime(2026, 1, 2, 7), None] * 2, pa.timestamp("us")),
    }


@pytest.mark.usefixtures("corp")
def test_columns_of_parquet() -> None:
    write("log.parquet", **parquet_columns())
    found, stderr, status = replay("--columns", NAMES, "log.parquet")
    assert found == [reason for *_, reason in ROWS]
    assert "not used" not in stderr
    assert status == 0
    for jobs in ("1", "2"):
        names = f"{NAMES},time=at"
        assert hours("--columns", names, "--jobs", jobs, "log.parquet") == [
            (1, "do_not_handle", 2),
            (1, "handle", 2),
        ]
    assert hours("--columns", f"{NAMES},time=plain", "log.parquet") == [
        (7, "do_not_handle", 1),
        (7, "handle", 1),
    ]


@pytest.mark.usefixtures("corp")
def test_a_scheme_in_parquet() -> None:
    urls = ["login.example.com/", "https://login.example.com/", "www.example.org", None]
    write("log.parquet", url=urls, proto=["HTTPS", "HTTP", None, "HTTPS"])
    found, _, _ = replay("--spelling", "app", "--columns", "scheme=proto", "log.parquet")
    assert found == ["url_prefix", "url_prefix", "no_match", "`url` is missing"]


@pytest.mark.usefixtures("corp")
def test_a_folder_is_a_data_set() -> None:
    write(f"logs/caller={SSO}/day=2026-01-02/b.parquet", url=[LOGIN], x=[1])
    write("logs/caller=com.apple%2ESafari/a.parquet", url=[LOGIN, TENANT], x=[1, 2])
    write("logs/caller=__HIVE_DEFAULT_PARTITION__/a.parquet", url=[LOGIN], x=[1])
    write("logs/caller=c/own.parquet", url=[LOGIN], caller=[SSO])
    write("logs/_temporary/a.parquet", url=["https://left.out/"])
    write("logs/.hidden/a.parquet", url=["https://left.out/"])
    Path("logs/_SUCCESS").write_text("")
    Path("logs/readme.txt").write_text("")
    for jobs in ("1", "2"):
        found, stderr, status = replay("logs", jobs=jobs)
        assert found == [
            "url_prefix",  # a null: the caller is unknown
            "caller_is_extension",  # the column of the file counts
            *("url_prefix", "no_match"),
            "caller_is_extension",
        ]
        assert stderr.count("warning: not used: column `x`") == 1
        assert status == 0


@pytest.mark.usefixtures("corp")
def test_a_folder_without_parquet_and_a_damaged_file() -> None:
    Path("empty").mkdir()
    found, stderr, status = replay("empty")
    assert stderr.startswith("empty: error: the folder has no file that ends in .parquet\n")
    assert (found, status) == ([], 3)
    found, stderr, _ = replay("--format", "csv", "empty")
    assert "empty: error: a folder is read as a data set of Parquet files" in stderr
    write("logs/b.parquet", url=[LOGIN])
    Path("logs/a.parquet").write_bytes(b"PAR1 and no more")
    found, stderr, status = replay("logs")
    assert found == ["url_prefix"]
    assert "logs/a.parquet: error: the Parquet file is damaged" in stderr
    assert status == 3


def test_a_wrong_column_of_parquet(corp: Path) -> None:
    write("log.parquet", url=[LOGIN], code=["401"], app=["x"])
    for names, message in {
        "code=code": "the column `code` must have integers, not `string`",
        "client=app": "`client` is not read from Parquet, only from JSON Lines and CSV",
        "time=code": "the column `code` must have timestamps, not `string`",
        "caller=cod": "the column `cod` is missing; did you mean `code`?",
    }.items():
        _, stderr, status = replay("--columns", names, "log.parquet")
        assert stderr.startswith(f"log.parquet: error: {message}"), corp
        assert status == 3


def test_the_time_of_now_has_an_hour() -> None:
    from ssoroute.replay.hours import hour_of

    now = datetime.now(UTC)
    assert hour_of(now.timestamp()) == hour_of(now.isoformat()) == now.hour
    assert hour_of(now.timestamp() * 1000) == now.hour
    wrong: tuple[object, ...] = (None, True, -1, "x", "", [], float("nan"), 10**30, "9" * 40)
    for value in wrong:
        assert hour_of(value) is None
