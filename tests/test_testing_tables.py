"""Tables of expected routes: what is read, and everything that can be wrong with one."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from ssoroute import Device, Extension, Matching, Outcome, Reason, Request
from ssoroute.testing import Expected, RouteRow, TableError, load_table

URL = "https://login.example.com/"
ROW: dict[str, Any] = {"url": URL, "outcome": "handle"}


def problems(document: object, name: str = "t.routes.json") -> list[str]:
    """What is wrong with `document`, without the name of its file."""
    text = document if isinstance(document, str) else json.dumps(document)
    Path(name).write_text(text, encoding="utf-8")
    with pytest.raises(TableError) as caught:
        load_table(name)
    assert all(line.startswith(f"{name}: ") for line in caught.value.problems)
    return [line.removeprefix(f"{name}: ") for line in caught.value.problems]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


TOML = """
profiles = ["corp", "/abs/x.mobileconfig"]
channel = "user"
matching = "strict"
spelling = "app"

[device]
platform = "iOS"
version = "18.1"

[[routes]]
name = "sign in"
url = "https://LOGIN.example.com"
caller = "com.example.app"
response_code = 401
screen_locked = true
user_interface_enabled = false
background_session = true
outcome = "cancel"
reason = "screen_locked"
extension = { bundle_id = "com.example.sso", team_id = "EXAMPLE123" }
rule = "https://login.example.com"

[[routes]]
url = "host://x"
extension = false
rule = false
"""


def test_every_member_counts() -> None:
    Path("sub").mkdir()
    Path("sub/t.routes.toml").write_text(TOML)
    table = load_table("sub/t.routes.toml")
    assert table.file == "sub/t.routes.toml"
    assert table.profiles == (os.path.join("sub", "corp"), "/abs/x.mobileconfig")
    assert (table.channel, table.matching, table.spelling) == ("user", Matching.STRICT, "app")
    assert table.device == Device("iOS", "18.1")
    assert table.rows == (
        RouteRow(
            1,
            "sign in",
            "https://LOGIN.example.com",
            Request(
                "https://LOGIN.example.com",
                "com.example.app",
                401,
                screen_locked=True,
                user_interface_enabled=False,
                background_session=True,
            ),
            Expected(
                Outcome.CANCEL,
                Reason.SCREEN_LOCKED,
                Extension("com.example.sso", "EXAMPLE123"),
                "https://login.example.com",
            ),
        ),
        RouteRow(2, None, "host://x", Request("host://x"), Expected(extension=False, rule=False)),
    )
    assert [row.label for row in table.rows] == ["row 1 (sign in)", "row 2"]


def test_what_is_left_out_is_as_on_the_command_line() -> None:
    Path("t.json").write_text(json.dumps({"profiles": "p", "routes": [ROW | {"caller": None}]}))
    table = load_table("t.json")
    assert (table.profiles, table.channel, table.device) == (("p",), None, Device())
    assert (table.matching, table.spelling) == (Matching.SYSTEM, "browser")
    assert table.rows[0].request == Request(URL)
    assert table.rows[0].expected == Expected(Outcome.HANDLE)


def test_a_browser_writes_the_url_unless_the_table_says_otherwise() -> None:
    routes = [{"url": "HTTPS://Login.example.com:443/x/../a", "reason": "no_match"}]
    Path("t.json").write_text(json.dumps({"profiles": "p", "routes": routes}))
    (row,) = load_table("t.json").rows
    assert row.url == "HTTPS://Login.example.com:443/x/../a"
    assert row.request.url == "https://login.example.com/a"


def test_the_spelling_counts_wherever_it_stands() -> None:
    # In JSON it may come after the rows, and none of them is a URL to a browser.
    document = {"profiles": "p", "routes": [ROW | {"url": "\ud800"}], "spelling": "app"}
    Path("t.json").write_text(json.dumps(document))
    assert load_table("t.json").rows[0].request.url == "\ud800"


def test_a_device_file_stands_beside_the_table() -> None:
    Path("sub").mkdir()
    Path("sub/laptop.toml").write_text('version = "14.2"')
    Path("sub/t.json").write_text(
        json.dumps({"profiles": "p", "device": "laptop.toml", "routes": [ROW]})
    )
    assert load_table("sub/t.json").device == Device("macOS", "14.2")


@pytest.mark.parametrize("path", ["../a", "./a", "x/../../a"])
def test_paths_lose_their_detours(path: str) -> None:
    Path("sub/x").mkdir(parents=True)
    Path("a").touch()
    Path("sub/a").touch()
    Path("sub/t.json").write_text(json.dumps({"profiles": path, "routes": [ROW]}))
    (found,) = load_table("sub/t.json").profiles
    assert found == ("sub/a" if path == "./a" else "a")


def test_a_path_through_a_symbolic_link_stays_as_it_is() -> None:
    Path("real/inner").mkdir(parents=True)
    Path("real/a").write_text("the right one")
    Path("a").write_text("the wrong one")
    Path("link").symlink_to("real/inner")
    Path("link/t.json").write_text(json.dumps({"profiles": "../a", "routes": [ROW]}))
    (found,) = load_table("link/t.json").profiles
    assert Path(found).read_text() == "the right one"


P: dict[str, Any] = {"profiles": "p"}
REQUIRED = "`profiles` is missing; write their paths"
EXTENSION = 'must be a bundle identifier, {"bundle_id", "team_id"}, or false for none'
NOTHING = "nothing is expected; write at least one of outcome, reason, extension, rule"
MEMBERS = "profiles, channel, user, device, matching, spelling, routes"
MISSING = "`url` is missing; it must be a URL such as `https://login.example.com/`"
WRONG: list[tuple[object, list[str]]] = [
    (
        [],
        [f"must be a table of {MEMBERS}, not an array"],
    ),
    ({}, [REQUIRED, "`routes` is missing; write rows"]),
    ("{", ["not JSON: expecting property name enclosed in double quotes at line 1, column 2"]),
    ("[" * 100_000, ["values are nested more than 100 levels deep"]),
    (
        '{"profiles": "p", "profiles": "q", "routes": [{"url": "x:", "url": "y:", "rule": false}]}',
        [
            "the member `profiles` is written twice",
            "row 1: the member `url` is written twice",
        ],
    ),
    (
        {"profile": "p", "routes": [ROW]},
        ["unknown member `profile`; did you mean `profiles`?", REQUIRED],
    ),
    (
        P | {"routes": [ROW], "zz\n": 1},
        [f"unknown member `zz\\n`; known are {MEMBERS}"],
    ),
    (
        {"profiles": [], "routes": []},
        [
            "profiles: must be a path, relative to the table's folder, not an empty array",
            (
                "routes: must be an array of rows, each with a `url` and what is expected,"
                " not an empty array"
            ),
        ],
    ),
    (
        {"profiles": ["", 1], "routes": [ROW]},
        [
            "profiles[0]: must be a path, relative to the table's folder, not an empty string",
            "profiles[1]: must be a path, relative to the table's folder, not an integer",
        ],
    ),
    (
        {"profiles": 1, "routes": {}},
        [
            (
                "profiles: must be a path, relative to the table's folder, or an array of them,"
                " not an integer"
            ),
            (
                "routes: must be an array of rows, each with a `url` and what is expected,"
                " not a table"
            ),
        ],
    ),
    (
        P | {"routes": [ROW], "matching": "strickt", "spelling": 1, "channel": "system"},
        [
            "matching: unknown value `strickt`; did you mean `strict`?",
            "spelling: must be `browser` or `app`, not an integer",
            "channel: must be `device` or `user`, not `system`",
        ],
    ),
    (
        P | {"routes": [ROW], "device": {"platform": "macos", "version": 1, "name": 1}},
        [
            'device.version: must be a string such as "15.4", not an integer',
            (
                "device: unknown member `name`; known are platform, version,"
                " installed_extensions, associated_domains, apple_account_urls"
            ),
        ],
    ),
    (
        P | {"routes": [ROW], "device": 1},
        ["device: must be the path of a device file, or a table of its members, not an integer"],
    ),
    (
        P | {"routes": [ROW], "device": "no.toml"},
        ["device: no.toml: cannot be read: no such file or directory"],
    ),
    (P | {"routes": [1]}, ["row 1: must be a table with a `url`, not an integer"]),
    (P | {"routes": [ROW, {}]}, [f"row 2: {MISSING}", f"row 2: {NOTHING}"]),
    (
        P | {"routes": [{"url": None, "outcome": None}]},
        [f"row 1: {MISSING}", f"row 1: {NOTHING}"],
    ),
    (
        P | {"routes": [ROW | {"name": "a\x1bb", "outcome": "handel", "ruel": 1}]},
        [
            "row 1 (a\\x1bb): outcome: unknown value `handel`; did you mean `handle`?",
            "row 1 (a\\x1bb): unknown member `ruel`; did you mean `rule`?",
        ],
    ),
    (
        P | {"routes": [ROW | {"name": "", "reason": [], "rule": True, "extension": True}]},
        [
            "row 1: name: must be a non-empty string, not an empty string",
            (
                "row 1: reason: must be `url_prefix`, `host`, `system_extension`, `no_match`,"
                " `caller_is_extension`, `caller_denied`, `domain_not_approved`, `screen_locked`,"
                " `not_strict` or `ambiguous_url`, not an array"
            ),
            (
                "row 1: rule: must be a URL prefix or host as the profile has it,"
                " or false for none, not a boolean"
            ),
            f"row 1: extension: {EXTENSION}, not a boolean",
        ],
    ),
    (
        P | {"routes": [{"url": URL, "extension": {"team_id": 1}}]},
        ["row 1: extension.team_id: must be a non-empty string, not an integer"],
    ),
    (
        P | {"routes": [{"url": URL, "extension": {"team_id": "x"}}]},
        ["row 1: extension: `bundle_id` is missing"],
    ),
    (
        P
        | {
            "routes": [
                {
                    "url": 1,
                    "caller": 1,
                    "response_code": True,
                    "screen_locked": 0,
                    "user_interface_enabled": "no",
                    "background_session": {},
                    "rule": "x",
                }
            ]
        },
        [
            "row 1: url: must be a URL such as `https://login.example.com/`, not an integer",
            "row 1: caller: must be a bundle identifier, not an integer",
            "row 1: response_code: must be an integer such as 401, not a boolean",
            "row 1: screen_locked: must be a boolean, not an integer",
            "row 1: user_interface_enabled: must be a boolean, not a string",
            "row 1: background_session: must be a boolean, not a table",
        ],
    ),
    (
        P | {"routes": [ROW | {"url": "http://["}, ROW, ROW | {"url": "x"}]},
        [
            "row 1: url: `http://[` is not a URL to a browser",
            "row 3: url: `x` is not a URL to a browser",
        ],
    ),
]


@pytest.mark.parametrize(("document", "lines"), WRONG, ids=range(len(WRONG)))
def test_everything_wrong_is_told_at_once(document: object, lines: list[str]) -> None:
    assert problems(document) == lines


def test_toml_has_values_of_its_own() -> None:
    text = 'profiles = "p"\n[[routes]]\nurl = 2020-01-01\ncaller = 1e400\nrule = nan\n'
    assert problems(text, "t.routes.toml") == [
        "row 1: url: must be a URL such as `https://login.example.com/`, not a date",
        "row 1: caller: must be a bundle identifier, not a real number",
        (
            "row 1: rule: must be a URL prefix or host as the profile has it,"
            " or false for none, not a real number"
        ),
    ]


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"profiles = ", "not TOML: invalid value"),
        (b"\xff", "not UTF-8 text: invalid byte at line 1, column 1"),
    ],
)
def test_what_is_no_toml(data: bytes, line: str) -> None:
    Path("t.TOML").write_bytes(data)
    with pytest.raises(TableError) as caught:
        load_table(Path("t.TOML"))
    assert caught.value.problems[0].startswith(f"t.TOML: {line}")


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("missing.toml", "missing.toml: cannot be read: no such file or directory"),
        ("\0", "\\x00: cannot be read: embedded null byte"),
        ("folder", "folder: must be a file, not a folder"),
    ],
)
def test_files_that_cannot_be_read(path: str, line: str) -> None:
    Path("folder").mkdir()
    Path("folder/t.json").write_text(json.dumps(P | {"routes": [ROW]}))
    with pytest.raises(TableError) as caught:
        load_table(path)
    assert caught.value.problems == (line,)


def test_an_error_can_be_pickled() -> None:
    import pickle

    error = TableError(["a", "b"])
    again = pickle.loads(pickle.dumps(error))
    assert (again.problems, str(again)) == (("a", "b"), "a\nb")
