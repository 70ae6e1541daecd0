"""What `ssoroute test --record` writes is read back as the same, and passes."""

from __future__ import annotations

import json
import os
import stat
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli_world import CREDENTIAL, REDIRECT, SSO, corp, invoke, write_profile
from ssoroute import Device, Extension, Request, Router, load
from ssoroute.loaders.device_text import toml_string
from ssoroute.model.spelling import Spelling
from ssoroute.testing import load_table, run_table
from ssoroute.testing.recording import recorded_table

__all__ = ["corp"]

LOGIN = {"url": "https://login.example.com/"}
RECORD = ["test", "--record", "t.routes.toml", "--requests", "-"]
P = "-pcorp.mobileconfig"


def names() -> list[str]:
    return sorted(path.name for path in Path().iterdir())


def lines(*requests: dict[str, Any]) -> str:
    return "".join(json.dumps(request) + "\n" for request in requests)


@pytest.mark.usefixtures("corp")
def test_the_text_of_a_table() -> None:
    requests: list[dict[str, Any]] = [
        {"url": "HTTPS://login.example.com", "caller": 'a"b\\c\u0085'},
        {"url": "https://a.example.com/", "response_code": 401, "user_interface_enabled": False},
        {"url": "https://x.org/", "screen_locked": True, "background_session": True},
        {"url": "HTTPS://login.example.com", "caller": 'a"b\\c\u0085', "response_code": None},
    ]
    result = invoke(*RECORD, P, "--os", "macOS@15.4", stdin=lines(*requests))
    assert (result.stdout, result.stderr) == ("t.routes.toml: 3 rows recorded\n", "")
    assert result.exit_code == 0
    assert Path("t.routes.toml").read_text() == (
        "# Recorded by `ssoroute test --record`; it is yours to edit.\n"
        'profiles = ["corp.mobileconfig"]\n'
        'matching = "system"\n'
        'spelling = "browser"\n'
        "\n"
        "[device]\n"
        'platform = "macOS"\n'
        'version = "15.4"\n'
        "\n"
        "[[routes]]\n"
        'url = "HTTPS://login.example.com"\n'
        'caller = "a\\"b\\\\c\\u0085"\n'
        'outcome = "handle"\n'
        'reason = "url_prefix"\n'
        f'extension = "{SSO}"\n'
        'rule = "https://login.example.com"\n'
        "\n"
        "[[routes]]\n"
        'url = "https://a.example.com/"\n'
        "response_code = 401\n"
        "user_interface_enabled = false\n"
        'outcome = "handle"\n'
        'reason = "host"\n'
        'extension = "com.example.kerberos"\n'
        'rule = ".example.com"\n'
        "\n"
        "[[routes]]\n"
        'url = "https://x.org/"\n'
        "screen_locked = true\n"
        "background_session = true\n"
        'outcome = "do_not_handle"\n'
        'reason = "no_match"\n'
    )
    assert invoke("test", "t.routes.toml").exit_code == 0


@pytest.mark.usefixtures("corp")
def test_everything_about_the_device_and_the_router_is_kept() -> None:
    Path("device.toml").write_text(
        """
        version = "14.1"
        installed_extensions = ["com.example.kerberos", {bundle_id = "com.example.app.sso"}]
        apple_account_urls = []
        [associated_domains."com.example.app.sso"]
        "login.example.com" = "approved"
        "id.example.com:8443" = "not_approved"
        """
    )
    options = ["--device=device.toml", "--channel=user", "--matching=strict", "--spelling=app"]
    result = invoke(*RECORD, P, *options, stdin=lines({"url": "not a URL to a browser"}))
    assert result.exit_code == 0, result.stderr
    table = load_table("t.routes.toml")
    assert table.device == Device(
        "macOS",
        "14.1",
        [Extension("com.example.kerberos"), Extension("com.example.app.sso")],
        {SSO: {"login.example.com": "approved", "id.example.com:8443": "not_approved"}},
        [],
    )
    assert (table.channel, table.matching, table.spelling) == ("user", "strict", "app")
    assert not run_table(table).failed


@pytest.mark.parametrize(
    ("profile", "table", "written"),
    [
        ("corp.mobileconfig", "sub/t.toml", "../corp.mobileconfig"),
        ("./sub/../corp.mobileconfig", "t.toml", "corp.mobileconfig"),
        ("profiles/", "sub/t.toml", "../profiles"),
        (".", "sub/t.toml", ".."),
        ("sub/..", "t.toml", "."),
        ("corp.mobileconfig", "link/t.toml", "../../corp.mobileconfig"),
        ("link/deep.mobileconfig", "t.toml", "real/inner/deep.mobileconfig"),
        ("alias.mobileconfig", "t.toml", "alias.mobileconfig"),
    ],
)
def test_profiles_are_found_again_from_the_table(
    corp: Path, profile: str, table: str, written: str
) -> None:
    for folder in ("sub", "real/inner", "profiles"):
        Path(folder).mkdir(parents=True)
    Path("link").symlink_to("real/inner")
    Path("alias.mobileconfig").symlink_to(corp)
    write_profile(Path("real/inner/deep.mobileconfig"), REDIRECT)
    write_profile(Path("profiles/a.mobileconfig"), REDIRECT)
    done = invoke("test", "--record", table, "--requests", "-", "-p", profile, stdin=lines(LOGIN))
    assert done.exit_code == 0, done.output
    assert tomllib.loads(Path(table).read_text())["profiles"] == [written]
    assert invoke("test", table).exit_code == 0


def test_an_absolute_path_stays_absolute(corp: Path) -> None:
    absolute = str(corp.resolve())
    assert invoke(*RECORD, "-p", absolute, stdin=lines(LOGIN)).exit_code == 0
    assert load_table("t.routes.toml").profiles == (absolute,)


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(text=TEXT)
def test_a_string_is_read_back(text: str) -> None:
    written = toml_string(text)
    assert written.isprintable()
    assert tomllib.loads(f"x = {written}") == {"x": text}


def test_half_of_a_surrogate_pair_is_refused() -> None:
    with pytest.raises(ValueError, match=r"half of a surrogate pair \(U\+DC80\)"):
        toml_string("a\udc80")


REQUESTS = st.builds(
    Request,
    st.sampled_from(
        [
            "https://login.example.com",
            "https://a.example.com/",
            "ssoid://com.example.app.sso",
            "realm://0",
            "host://a.example.com",
            "https://appleid.apple.com/auth/authorize",
        ]
    )
    | TEXT,
    st.none() | TEXT | st.sampled_from([SSO, "com.example.denied"]),
    st.integers(-(2**63), 2**63 - 1) | st.sampled_from([401, 407]),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)


@given(
    requests=st.lists(REQUESTS, min_size=1, max_size=8),
    platform=st.sampled_from(["macOS", "iOS"]),
    matching=st.sampled_from(["system", "strict"]),
    extensions=st.none()
    | st.lists(st.builds(Extension, TEXT.filter(bool), st.none() | TEXT.filter(bool)), max_size=3),
)
def test_a_recorded_table_is_read_back_and_passes(
    tmp_path_factory: pytest.TempPathFactory,
    requests: list[Request],
    platform: str,
    matching: str,
    extensions: list[Extension] | None,
) -> None:
    folder = tmp_path_factory.getbasetemp()
    denied = {"DeniedBundleIdentifiers": ["com.example.denied"]}
    profile = write_profile(folder / "x.mobileconfig", REDIRECT | denied, CREDENTIAL)
    device = Device(platform, installed_extensions=extensions)
    router = Router.from_profiles(load(profile), device=device, matching=matching)
    routes = [(request, router.route(*request.arguments)) for request in requests]
    text = recorded_table([profile.name], None, device, matching, Spelling.APP, routes)
    (folder / "x.routes.toml").write_text(text, encoding="utf-8")
    table = load_table(folder / "x.routes.toml")
    assert table.device == device
    assert [row.request for row in table.rows] == requests
    assert not run_table(table).failed


@pytest.mark.usefixtures("corp")
def test_profiles_to_record_are_arguments_as_well() -> None:
    assert invoke(*RECORD, P, stdin=lines(LOGIN)).exit_code == 0
    named = Path("t.routes.toml").read_text()
    assert invoke(*RECORD, "corp.mobileconfig", "--force", stdin=lines(LOGIN)).exit_code == 0
    assert Path("t.routes.toml").read_text() == named


@pytest.mark.usefixtures("corp")
def test_an_existing_file_is_replaced_only_by_force() -> None:
    table = Path("t.routes.toml")
    table.write_text("mine")
    result = invoke(*RECORD, P, stdin=lines(LOGIN))
    assert result.stderr == "t.routes.toml: error: the file exists; --force replaces it\n"
    assert (result.exit_code, table.read_text()) == (3, "mine")
    assert invoke(*RECORD, P, "--force", stdin=lines(LOGIN)).exit_code == 0
    assert load_table(table).rows
    table.unlink()
    table.symlink_to("nowhere")  # it is there, even though it leads nowhere
    assert invoke(*RECORD, P, stdin=lines(LOGIN)).exit_code == 3


WRONG: list[tuple[str, list[str]]] = [
    ("", ["-: error: holds no request"]),
    (
        '{}\n{"url": "http://["}\n{"url": "https://x/"}\n{"url": "https://\\ud800/"}\n\n',
        [
            "-: line 1: error: `url` is missing",
            "-: line 2: error: `http://[` is not a URL to a browser",
            "-: line 4: error: `https://\\ud800/` holds a lone surrogate (U+D800)",
            "-: line 5: error: the line is blank",
        ],
    ),
    (
        '{"url": "https://x/", "caller": "\\udfff"}\n',
        ["-: line 1: error: half of a surrogate pair (U+DFFF) cannot be written in TOML"],
    ),
]


@pytest.mark.usefixtures("corp")
@pytest.mark.parametrize(("stdin", "told"), WRONG, ids=range(len(WRONG)))
def test_nothing_is_written_where_anything_is_wrong(stdin: str, told: list[str]) -> None:
    result = invoke(*RECORD, P, stdin=stdin)
    assert result.stderr.splitlines() == told
    assert (result.stdout, result.exit_code) == ("", 3)
    assert names() == ["corp.mobileconfig"]


@pytest.mark.usefixtures("corp")
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (
            ["--record", "no/t.toml", "--requests", "-", P],
            "no/t.toml: error: cannot be written: no such file or directory",
        ),
        (
            ["--record", "t.toml", "--requests", "no", P],
            "no: error: cannot be read: no such file or directory",
        ),
        (
            ["--record", "t.toml", "--requests", "\0", P],
            "\\x00: error: cannot be read: embedded null byte",
        ),
        (
            ["--record", "t.toml", "--requests", "-", P, "-p", "no"],
            "t.toml: error: not written, because a profile cannot be read",
        ),
    ],
)
def test_what_cannot_be_read_or_written(arguments: list[str], told: str) -> None:
    result = invoke("test", *arguments, stdin=lines(LOGIN))
    assert result.stderr.splitlines()[-1] == told
    assert (result.stdout, result.exit_code) == ("", 3)
    assert names() == ["corp.mobileconfig"]


@pytest.mark.usefixtures("corp")
def test_a_profile_whose_name_is_no_text_cannot_stand_in_a_table() -> None:
    name = os.fsdecode(b"\xff.mobileconfig")
    write_profile(Path(name), REDIRECT, PayloadIdentifier="x")
    result = invoke(*RECORD, "-p", name, stdin=lines(LOGIN))
    assert result.stderr == (
        "t.routes.toml: error: cannot be written:"
        " half of a surrogate pair (U+DCFF) cannot be written in TOML\n"
    )
    assert not Path("t.routes.toml").exists()


@pytest.mark.usefixtures("corp")
def test_the_file_has_the_rights_of_any_other_and_nothing_stays_beside_it() -> None:
    assert invoke(*RECORD, P, stdin=lines(LOGIN)).exit_code == 0
    mode = stat.S_IMODE(Path("t.routes.toml").stat().st_mode)
    Path("other").touch()
    assert mode == stat.S_IMODE(Path("other").stat().st_mode)
    assert names() == ["corp.mobileconfig", "other", "t.routes.toml"]
