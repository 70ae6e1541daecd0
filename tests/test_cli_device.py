"""`--device FILE` and `load_device`: what a device file may say, and every way to get it wrong."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from cli_world import corp, invoke
from ssoroute.loaders.device_file import load_device
from ssoroute.model.device import Approval, Device
from ssoroute.model.errors import DeviceError
from ssoroute.model.payload import Extension

__all__ = ["corp"]


def wrong_toml(data: bytes) -> str:
    """What is wrong with `data` as the device file `d.toml`."""
    Path("d.toml").write_bytes(data)
    with pytest.raises(DeviceError) as caught:
        load_device("d.toml")
    return str(caught.value)


TOML = """\
platform = "macos"
version = "15.4"
installed_extensions = ["com.example.a", {bundle_id = "com.example.b", team_id = "TEAM"}]
apple_account_urls = []

[associated_domains."com.example.a"]
"Login.example.com" = "approved"
"login.example.com:8443" = "not_approved"
"[::1]:8443" = "approved"
"""
AS_JSON = {
    "platform": "macos",
    "version": "15.4",
    "installed_extensions": ["com.example.a", {"bundle_id": "com.example.b", "team_id": "TEAM"}],
    "apple_account_urls": [],
    "associated_domains": {
        "com.example.a": {
            "Login.example.com": "approved",
            "login.example.com:8443": "not_approved",
            "[::1]:8443": "approved",
        }
    },
}


@pytest.mark.parametrize("name", ["device.toml", "device.TOML", "device.json", "device"])
def test_toml_and_json_say_the_same(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text(TOML if name.lower().endswith("toml") else json.dumps(AS_JSON))
    device = load_device(path)
    assert (str(device.platform), str(device.version)) == ("macOS", "15.4")
    assert device.installed_extensions == (
        Extension("com.example.a"),
        Extension("com.example.b", "TEAM"),
    )
    assert device.apple_account_urls == ()
    assert device.associated_domains == {
        "com.example.a": {
            "login.example.com": Approval.APPROVED,
            "login.example.com:8443": Approval.NOT_APPROVED,
            "[::1]:8443": Approval.APPROVED,
        }
    }


def test_everything_is_optional(tmp_path: Path) -> None:
    path = tmp_path / "device.json"
    path.write_text("{}")
    assert load_device(path) == Device()


BAD = [
    ("[]", ["d.json: must be a table with any of platform, version, "]),
    ('{"os": 1}', ["d.json: unknown member `os`; known are platform, version, "]),
    ('{"platform": null}', ["d.json: platform: must be a platform such as `macOS`, not null"]),
    ('{"platform": "tvOS"}', ["d.json: platform: unknown platform `tvOS`; known are macOS, "]),
    ('{"version": 15.4}', ['d.json: version: must be a string such as "15.4", not a real number']),
    ('{"version": "x"}', ["d.json: version: malformed version `x`; a version is numbers "]),
    ('{"version": ""}', ['d.json: version: must be a string such as "15.4", not an empty string']),
    (
        '{"installed_extensions": "com.example"}',
        ["d.json: installed_extensions: must be an array, each item a bundle "],
    ),
    (
        (
            '{"installed_extensions": ["", true, {}, {"bundle_id": 1}, {"team": "x"},'
            ' {"team_id": ""}]}'
        ),
        [
            "d.json: installed_extensions[0]: must be a bundle identifier or ",
            "d.json: installed_extensions[1]: must be a bundle identifier or ",
            "d.json: installed_extensions[2]: `bundle_id` is missing",
            "d.json: installed_extensions[3].bundle_id: must be a non-empty string, not an integer",
            "d.json: installed_extensions[4]: unknown member `team`; did you mean `team_id`?",
            "d.json: installed_extensions[5].team_id: must be a non-empty string, not an ",
        ],
    ),
    (
        (
            '{"associated_domains": {"a": [], "b": {"h": true, "authsrv:h": "approved",'
            ' "https://h": "approved", "H": "approved", "h.": "yes", "g": {"x": 1}}}}'
        ),
        [
            "d.json: associated_domains.a: must be a table such as ",
            "d.json: associated_domains.b.h: must be `approved` or `not_approved` ",
            "d.json: associated_domains.b.authsrv:h: a host must be `host` or `host:port`, ",
            "d.json: associated_domains.b.https://h: a host must be `host` or `host:port`, ",
            "d.json: associated_domains.b.h.: must be `approved` or `not_approved` ",
            (
                "d.json: associated_domains.b.g: must be `approved` or `not_approved`"
                " (leave out unknown hosts), not a table; in TOML, write the host between quotes"
            ),
        ],
    ),
    (
        '{"associated_domains": {"a": {"H": "approved", "h": "not_approved"}}}',
        ["d.json: associated_domains.a.h: `h` is given twice (case does not count)"],
    ),
    (
        '{"apple_account_urls": [1, "", "https://a/*", "ftp://a", "https://a/?q=1"]}',
        [
            "d.json: apple_account_urls[0]: must be an http(s) URL prefix without `*`, not an ",
            "d.json: apple_account_urls[1]: must be an http(s) URL prefix without `*`, not an ",
            "d.json: apple_account_urls[2]: must be an http(s) URL prefix without `*`, not ",
            "d.json: apple_account_urls[3]: must be an http(s) URL prefix without `*`, not ",
            "d.json: apple_account_urls[4]: must be an http(s) URL prefix without `*`, not ",
        ],
    ),
    ('{"platform": "macOS", "platform": "iOS"}', ["d.json: the member `platform` is written "]),
    ('{"version": NaN}', ["d.json: not JSON: `NaN` is not a number"]),
    ('{"version": ' + "9" * 5000 + "}", ["d.json: an integer does not fit into 64 bits"]),
    ('{"version": ' + "9" * 500 + "}", ["d.json: an integer does not fit into 64 bits"]),
    ('{"version": ' + "[" * 100_000, ["d.json: values are nested more than 100 levels deep"]),
    ("", ["d.json: not JSON: expecting value at line 1, column 1"]),
    ('{"a\\u001b[31m": 1}', ["d.json: unknown member `a\\x1b[31m`; known are "]),
]


@pytest.mark.parametrize(("text", "beginnings"), BAD, ids=range(len(BAD)))
def test_everything_wrong_is_told_at_once(
    text: str, beginnings: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("d.json").write_text(text)
    with pytest.raises(DeviceError) as caught:
        load_device("d.json")
    lines = str(caught.value).split("\n")
    assert len(lines) == len(beginnings)
    for line, beginning in zip(lines, beginnings, strict=True):
        assert line.startswith(beginning)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            b"version = 15.4\n",
            'd.toml: version: must be a string such as "15.4", not a real number',
        ),
        (b"version = \n", "d.toml: not TOML: invalid value (at line 1, column 11)"),
        (
            b"version = 2024-01-01\n",
            'd.toml: version: must be a string such as "15.4", not a date',
        ),
        (b"version = nan\n", 'd.toml: version: must be a string such as "15.4", not a real number'),
        (
            b"[associated_domains.a]\nlogin.example.com = 'approved'\n",
            (
                "d.toml: associated_domains.a.login: must be `approved` or `not_approved`"
                " (leave out unknown hosts), not a table;"
                " in TOML, write the host between quotes"
            ),
        ),
    ],
)
def test_wrong_toml(
    data: bytes, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    caught = wrong_toml(data)
    assert caught == message


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"a." * 20 + b"a = 1", "a key has more than 20 parts at line 1, column 40"),
        (b"\n[" + b"a. 'b' ." * 11 + b"a]", "a key has more than 20 parts at line 2, column 81"),
        (b"a = " + b"[" * 100_000, "values are nested more than 100 levels deep"),
        (b"a = 0x1" + b"0" * 16, "an integer does not fit into 64 bits"),
        (b"a = [{b = -9223372036854775809}]", "an integer does not fit into 64 bits"),
        (b"a = " + b"9" * 5000, "not TOML: "),
        (b"# " + b"x" * (1 << 20), "larger than 1048576 bytes"),
    ],
    ids=range(7),
)
def test_toml_has_limits(
    data: bytes, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    caught = wrong_toml(data)
    assert caught.startswith(f"d.toml: {message}")


def test_dots_outside_of_keys_have_no_limit(tmp_path: Path) -> None:
    dots = ".a" * 300
    text = f"# a{dots}\nversion = '15.4' # {dots}\n[associated_domains]\n'b{dots}' = {{}}\n"
    (tmp_path / "d.toml").write_text(text)
    assert load_device(tmp_path / "d.toml").associated_domains == {f"b{dots}": {}}


@pytest.mark.parametrize("data", [b"\xff\xfe\xff", b"a = " + b"[" * 100_000, b"\x00"])
def test_no_toml_at_all(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "d.toml").write_bytes(data)
    with pytest.raises(DeviceError):
        load_device(tmp_path / "d.toml")


def test_a_file_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DeviceError, match=r"^missing: cannot be read: no such file or directory$"):
        load_device("missing")
    Path("folder").mkdir()
    with pytest.raises(DeviceError, match=r"^folder: .*folder"):
        load_device("folder")


@pytest.mark.usefixtures("corp")
def test_the_command_line_takes_it() -> None:
    arguments = ("route", "-pcorp.mobileconfig", "--device", "d.json", "https://login.example.com")
    Path("d.json").write_text('{"installed_extensions": ["com.example.other"]}')
    assert invoke(*arguments).stdout == "do_not_handle  -  no_match  https://login.example.com\n"
    Path("d.json").write_text('{"version": 15, "os": "macOS"}')
    result = invoke(*arguments)
    assert result.exit_code == 3
    assert result.stderr == (
        'd.json: version: must be a string such as "15.4", not an integer\n'
        "d.json: unknown member `os`; known are platform, version, installed_extensions,"
        " associated_domains, apple_account_urls\n"
    )
    Path("d.json").unlink()
    assert invoke(*arguments).exit_code == 3


@pytest.mark.usefixtures("corp")
def test_with_os() -> None:
    arguments = ("show", "-pcorp.mobileconfig", "--device", "d.json", "--os", "iOS@17.1", "--json")
    Path("d.json").write_text('{"apple_account_urls": []}')
    device = json.loads(invoke(*arguments).stdout)["device"]
    assert device == {
        "platform": "iOS",
        "version": "17.1",
        "installed_extensions": None,
        "associated_domains": {},
        "apple_account_urls": [],
    }
    Path("d.json").write_text('{"version": "17.1"}')
    result = invoke(*arguments)
    assert result.exit_code == 2
    assert "--os and the device file both name the version; leave one out" in result.stderr


def test_a_device_can_be_changed() -> None:
    device = Device(associated_domains={"com.example.a": {"h.example": "approved"}})
    changed = replace(device, associated_domains={})
    assert (changed.associated_domains, device.version) == ({}, changed.version)
