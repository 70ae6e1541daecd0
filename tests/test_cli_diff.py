"""`ssoroute diff`: what it prints, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli_world import CREDENTIAL, REDIRECT, ROOT, write_profile
from ssoroute.cli.diff import diff
from ssoroute.loaders import load
from ssoroute.model.request import Request
from ssoroute.relations.regions import Comparison, Condition, LookupKind, Region, Screen
from ssoroute.routing.router import Router

STRICTER = {**REDIRECT, "URLs": ["https://login.example.com/", "https://id.example.com/t/"]}


def run(*arguments: str, stdin: str | bytes | None = None) -> Result:
    return CliRunner().invoke(diff, list(arguments), input=stdin)


@pytest.fixture
def sides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """A folder to work in, with an old and a new profile."""
    monkeypatch.chdir(tmp_path)
    old = write_profile(Path("old.mobileconfig"), CREDENTIAL)
    new = write_profile(
        Path("new.mobileconfig"), {**CREDENTIAL, "Hosts": [".example.com", "a.test"]}
    )
    return str(old), str(new)


def test_full(sides: tuple[str, str]) -> None:
    result = run("--format", "full", *sides)
    assert result.exit_code == 1
    assert result.stderr == ""
    assert result.stdout == (
        "challenges and host:// requests for a host that is a.test\n"
        "  any caller, screen unlocked\n"
        "    - do_not_handle (no_match)\n"
        "    + handle (host) com.example.kerberos by a.test\n"
        "    such as https://a.test/\n"
        "  any caller, screen locked\n"
        "    - do_not_handle (no_match)\n"
        "    + cancel (screen_locked) com.example.kerberos by a.test\n"
        "    such as https://a.test/\n"
        "\n"
        "2 changes in 1 place; every other request is answered as before\n"
    )


def test_text(sides: tuple[str, str]) -> None:
    result = run(*sides)
    assert (result.exit_code, result.stderr) == (1, "")
    assert result.stdout == (
        "2 changes in 1 place; every other request is answered as before\n"
        "\n"
        "another outcome or another extension\n"
        "  any caller\n"
        "    in host a.test\n"
        "    - do_not_handle (no_match)\n"
        "    + handle (host) com.example.kerberos\n"
        "    with the screen locked: do_not_handle (no_match) → cancel (screen_locked)"
        " com.example.kerberos\n"
        "    such as https://a.test/\n"
    )


def entra(tmp_path: Path, before: str, after: str) -> str:
    """The example profile for Entra ID with every `before` replaced by `after`."""
    text = Path(ENTRA).read_text(encoding="utf-8")
    assert before in text
    path = tmp_path / "new.mobileconfig"
    path.write_text(text.replace(before, after), encoding="utf-8")
    return str(path)


ENTRA = str(ROOT / "examples/profiles/entra.mobileconfig")
ENTRA_ID = "com.microsoft.CompanyPortalMac.ssoextension"
KIOSK = "<string>com.example.kiosk</string>"


def test_one_more_denied_app_is_one_group(tmp_path: Path) -> None:
    new = entra(tmp_path, KIOSK, f"{KIOSK}<string>com.example.extra</string>")
    result = run(ENTRA, new)
    assert result.stdout == (
        "30 changes in 15 places; every other request is answered as before\n"
        "\n"
        "another outcome or another extension\n"
        "  caller com.example.extra\n"
        f"    in all 7 prefixes of {ENTRA_ID} (with look-alikes) and\n"
        f"      ssoid://{ENTRA_ID}\n"
        f"    - handle (url_prefix) {ENTRA_ID}\n"
        f"    + do_not_handle (caller_denied) {ENTRA_ID}\n"
        "    with the screen locked: do_not_handle (screen_locked)\n"
        f"      {ENTRA_ID} → do_not_handle (caller_denied)\n"
        f"      {ENTRA_ID}\n"
        "    such as https://login-us.microsoftonline.com/\n"
    )


def test_a_slash_at_the_end_of_a_prefix(tmp_path: Path) -> None:
    host = "https://login.microsoftonline.com"
    result = run(ENTRA, entra(tmp_path, f"{host}<", f"{host}/<"))
    places = f"      {host} (no look-alikes), but not {host}/\n      {host} (look-alikes)\n"
    assert result.stdout == (
        "12 changes in 3 places; every other request is answered as before\n"
        "\n"
        "another outcome or another extension\n"
        f"  any caller but com.example.kiosk, {ENTRA_ID}\n"
        f"    in 2 places:\n{places}"
        f"    - handle (url_prefix) {ENTRA_ID}\n"
        "    + do_not_handle (no_match)\n"
        "    with the screen locked: do_not_handle (screen_locked)\n"
        f"      {ENTRA_ID} → do_not_handle (no_match)\n"
        f"    such as {host}\n"
        "\n"
        "the same outcome for another reason\n"
        "  caller com.example.kiosk\n"
        "    in the same places\n"
        f"    - do_not_handle (caller_denied) {ENTRA_ID}\n"
        "    + do_not_handle (no_match)\n"
        f"    such as {host}\n"
        f"  caller {ENTRA_ID}\n"
        "    in the same places\n"
        f"    - do_not_handle (caller_is_extension) {ENTRA_ID}\n"
        "    + do_not_handle (no_match)\n"
        f"    such as {host}\n"
        "\n"
        "the same answer by another rule\n"
        f"  {host} → {host}/\n"
    )


def test_a_prefix_that_is_only_written_in_another_way(tmp_path: Path) -> None:
    other = entra(tmp_path, "https://sts.windows.net", "https://STS.windows.net")
    result = run(ENTRA, other)
    assert (result.exit_code, result.stdout) == (
        0,
        (
            "no request is answered differently (rules in another spelling do not count;"
            " `--by rule` shows them)\n"
        ),
    )
    for form in ("full", "markdown"):
        assert "STS" not in run("--format", form, ENTRA, other).stdout
    answer = json.loads(run("--format", "json", ENTRA, other).stdout)
    assert (answer["changes"], answer["spellings"]) == ([], 8)
    shown = run("--by", "rule", ENTRA, other)
    assert shown.exit_code == 1
    assert "https://sts.windows.net → https://STS.windows.net" in shown.stdout.splitlines()
    log = json.dumps({"url": "https://sts.windows.net/x"}) + "\n"
    counted = run("--requests", "-", ENTRA, other, stdin=log)
    assert (counted.exit_code, counted.stdout.split(" (")[0]) == (
        0,
        "0 of 1 request are answered differently",
    )
    assert run("--requests", "-", "--by", "rule", ENTRA, other, stdin=log).exit_code == 1


def test_another_rule_is_no_other_spelling(tmp_path: Path) -> None:
    other = entra(tmp_path, "https://sts.windows.net", "https://sts.windows.net/")
    assert run(ENTRA, other).exit_code == 1


@pytest.mark.parametrize(
    ("by", "titles"),
    [
        (
            "extension",
            ["no extension → com.example.kerberos (apple)"],
        ),
        ("outcome", ["do_not_handle → handle", "do_not_handle → cancel"]),
        ("rule", ["no rule → a.test"]),
    ],
)
def test_changes_are_grouped(sides: tuple[str, str], by: str, titles: list[str]) -> None:
    result = run("--by", by, *sides)
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert lines[0] == "2 changes in 1 place; every other request is answered as before"
    assert [line for line in lines if "→" in line] == titles
    each = "1 change" if by == "outcome" else "2 changes"
    assert lines[2:6] == [
        titles[0],
        f"  {each}",
        "    challenges and host:// requests for a host that is a.test",
        "  such as https://a.test/",
    ]
    answer = json.loads(run("--by", by, "--format", "json", *sides).stdout)
    assert answer["by"] == by
    assert [
        f"{group['old']} → {group['new']}".replace("None", f"no {by}") for group in answer["groups"]
    ] == titles
    assert sorted(n for group in answer["groups"] for n in group["changes"]) == [0, 1]


def test_groups_count_the_requests_of_a_log(sides: tuple[str, str]) -> None:
    line = json.dumps({"url": "https://a.test/", "response_code": 401}) + "\n"
    result = run("--by", "rule", "--requests", "-", *sides, stdin=line * 3)
    assert result.stdout.splitlines()[2:4] == ["no rule → a.test", "  1 change, 3 requests"]
    answer = json.loads(
        run("--by", "rule", "--format", "json", "--requests", "-", *sides, stdin=line).stdout
    )
    assert answer["groups"] == [{"old": None, "new": "a.test", "changes": [0], "requests": 1}]


def test_what_is_the_same_on_both_sides_comes_last(sides: tuple[str, str]) -> None:
    old, new = sides
    denied = {**CREDENTIAL, "Hosts": [".example.com", "a.test"], "DeniedBundleIdentifiers": ["x"]}
    write_profile(Path(new), denied)
    lines = run("--by", "extension", old, new).stdout.splitlines()
    titles = [line for line in lines if "→" in line or "on both sides" in line]
    assert titles == [
        "no extension → com.example.kerberos (apple)",
        "com.example.kerberos (apple) on both sides, otherwise different",
    ]


@pytest.mark.parametrize("form", ["full", "markdown"])
def test_groups_are_text_or_json(sides: tuple[str, str], form: str) -> None:
    assert run("--by", "rule", "--format", form, *sides).exit_code == 2


# Two devices.


@pytest.fixture
def kiosk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A profile with a key that macOS 12 brought."""
    monkeypatch.chdir(tmp_path)
    payload = {**REDIRECT, "DeniedBundleIdentifiers": ["com.example.kiosk"]}
    return str(write_profile(Path("kiosk.mobileconfig"), payload))


def test_one_profile_on_two_devices(kiosk: str) -> None:
    result = run("--os", "macOS@11", "--to-os", "macOS@12", kiosk)
    assert result.exit_code == 1
    assert "caller com.example.kiosk" in result.stdout
    assert "do_not_handle (caller_denied)" in result.stdout
    assert run("--os", "macOS@12", "--to-os", "macOS@13", kiosk).exit_code == 0
    assert run("--os", "macOS@12", "--to-os", "macOS@11", kiosk, kiosk).exit_code == 1
    stdin = Path(kiosk).read_bytes()
    assert run("--os", "macOS@11", "--to-os", "macOS@12", "-", stdin=stdin).exit_code == 1


def test_what_the_device_of_new_leaves_out_is_as_on_old(kiosk: str) -> None:
    Path("none.toml").write_text("installed_extensions = []\n")
    Path("old.toml").write_text("version = '11.0'\n")
    Path("new.toml").write_text("version = '12.0'\n")
    assert run("--os", "macOS@11", "--to-device", "none.toml", kiosk).exit_code == 1
    assert (
        run("--device", "none.toml", "--os", "macOS@11", "--to-os", "macOS@12", kiosk).exit_code
        == 0
    )
    assert run("--device", "old.toml", "--to-device", "new.toml", kiosk).exit_code == 1
    assert run("--os", "macOS@12", "--to-device", "new.toml", kiosk).exit_code == 0
    assert run("--os", "macOS@12", "--to-device", "old.toml", kiosk).exit_code == 1


def test_the_device_of_new_needs_a_file_that_can_be_read(kiosk: str) -> None:
    missing = run("--to-device", "missing.toml", kiosk)
    assert missing.exit_code == 3
    assert "missing.toml: cannot be read" in missing.output
    Path("new.toml").write_text("version = '12.0'\n")
    assert run("--to-os", "macOS@12", "--to-device", "new.toml", kiosk).exit_code == 2
    assert run(kiosk).exit_code == 2
    assert run("--to-os", "macOS@12").exit_code == 2


def test_many_places_are_cut_and_full_shows_them(sides: tuple[str, str]) -> None:
    hosts = [".example.com", *(f"h{number}.test" for number in range(12))]
    new = str(write_profile(Path("many.mobileconfig"), {**CREDENTIAL, "Hosts": hosts}))
    lines = run(sides[0], new).stdout.splitlines()
    assert "    in 12 places:" in lines
    assert "      and 2 more, see --format full" in lines
    assert run("--format", "full", sides[0], new).stdout.count("that is h") == 12


@pytest.mark.parametrize("nothing", ["/dev/null", "empty", "empty/"])
def test_from_nothing_to_something_and_back(sides: tuple[str, str], nothing: str) -> None:
    Path("empty").mkdir()
    Path("empty/.gitkeep").touch()
    result = run(nothing, sides[0])
    assert (result.exit_code, result.stderr) == (1, "")
    assert "+ handle (host) com.example.kerberos" in result.stdout
    assert "- handle (host) com.example.kerberos" in run(sides[0], nothing).stdout
    assert run(nothing, nothing).exit_code == 0


def test_a_folder_with_other_files_is_still_an_error(sides: tuple[str, str]) -> None:
    Path("wrong").mkdir()
    Path("wrong/notes.txt").touch()
    assert run("wrong", sides[0]).exit_code == 3


def test_the_same(sides: tuple[str, str]) -> None:
    old, _ = sides
    result = run(old, old)
    assert (result.exit_code, result.output) == (0, "no request is answered differently\n")
    markdown = run("--format", "markdown", old, old)
    assert (markdown.exit_code, markdown.output) == (0, "**no request is answered differently**\n")


def test_json_is_that_of_the_library(sides: tuple[str, str]) -> None:
    result = run("--format", "json", *sides)
    found = json.loads(result.stdout)
    assert result.exit_code == 1
    assert found["schema"] == 1
    assert [change["witness"]["url"] for change in found["changes"]] == ["https://a.test/"] * 2
    for change in found["changes"]:
        request = Request.from_json(change["witness"])
        for side, key in zip(sides, ("old", "new"), strict=True):
            router = Router.from_profiles(load(side))
            decision = router.route(request.url, None, 401, request.screen_locked)
            assert change[key] == decision.to_json(request.url)


def test_markdown(sides: tuple[str, str]) -> None:
    result = run("--format", "markdown", *sides)
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "**2 changes in 1 place; every other request is answered as before**",
        "",
        "| requests | from | old | new | witness |",
        "| --- | --- | --- | --- | --- |",
        (
            "| host `a.test` | any caller, screen unlocked | do_not_handle (no_match)"
            " | handle (host) `com.example.kerberos` | `https://a.test/` |"
        ),
        (
            "| the same | any caller, screen locked | do_not_handle (no_match)"
            " | cancel (screen_locked) `com.example.kerberos` | `https://a.test/` |"
        ),
    ]


def test_what_a_profile_wrote_is_no_markup(sides: tuple[str, str]) -> None:
    host = "a|b``c.test"
    new = write_profile(Path("odd.mobileconfig"), {**CREDENTIAL, "Hosts": [".example.com", host]})
    result = run("--format", "markdown", sides[0], str(new))
    assert "| host ``` a\\|b``c.test ``` |" in result.stdout


def test_a_log(sides: tuple[str, str]) -> None:
    Path("log.jsonl").write_text(
        '{"url": "https://a.test/1", "response_code": 401}\n'
        '{"url": "https://A.test", "response_code": 407}\n'
        '{"url": "https://a.test/"}\n',
        encoding="utf-8",
    )
    result = run("--requests", "log.jsonl", *sides)
    assert result.exit_code == 1
    assert result.stdout.startswith("2 of 3 requests are answered differently\n")
    assert result.stdout.splitlines()[-1] == "    2 requests, the first: https://a.test/1"
    found = json.loads(run("--requests", "log.jsonl", "--format", "json", *sides).stdout)
    assert found["requests"] == 3
    assert [change["requests"] for change in found["changes"]] == [2]
    assert found["changes"][0]["witness"]["url"] == "https://a.test/1"
    markdown = run("--requests", "log.jsonl", "--format", "markdown", *sides).stdout.splitlines()
    assert markdown[2].endswith("| witness | how many |")
    assert markdown[4].endswith("| `https://a.test/1` | 2 |")


def test_a_log_without_a_change(sides: tuple[str, str]) -> None:
    result = run("--requests", "-", *sides, stdin='{"url": "https://a.test/"}\n')
    assert (result.exit_code, result.output) == (0, "0 of 1 request are answered differently\n")


def test_the_spelling_of_a_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    old = write_profile(Path("old.mobileconfig"), REDIRECT)
    new = write_profile(Path("new.mobileconfig"), STRICTER)
    log = '{"url": "https://login.example.com"}\n'
    browser = run("--requests", "-", str(old), str(new), stdin=log)
    assert "https://login.example.com → https://login.example.com/ (1 request)" in browser.stdout
    app = run("--requests", "-", "--spelling", "app", str(old), str(new), stdin=log)
    assert "+ do_not_handle (no_match)\n" in app.stdout


def test_bad_lines_of_a_log_are_told_and_the_rest_counts(sides: tuple[str, str]) -> None:
    log = '{"url": 1}\n{"url": "https://a.test/", "response_code": 401}\n{"url": "https://[/"}\n'
    result = run("--requests", "-", *sides, stdin=log)
    assert result.exit_code == 3
    assert result.stderr == (
        "-: line 1: error: `url` must be a string, not an integer\n"
        "-: line 3: error: `https://[/` is not a URL to a browser\n"
    )
    assert result.stdout.startswith("1 of 1 request is answered differently\n")


def test_what_cannot_be_read(sides: tuple[str, str]) -> None:
    missing = run(sides[0], "missing.mobileconfig")
    assert missing.exit_code == 3
    assert missing.stderr.startswith("missing.mobileconfig: ")
    log = run("--requests", "missing.jsonl", *sides)
    assert (log.exit_code, log.output) == (
        3,
        "missing.jsonl: error: cannot be read: no such file or directory\n",
    )


def test_one_file_that_cannot_be_read_does_not_hide_the_rest(sides: tuple[str, str]) -> None:
    folder = Path("folder")
    folder.mkdir()
    Path(sides[1]).rename(folder / "a.mobileconfig")
    (folder / "b.mobileconfig").write_text("<plist>", encoding="utf-8")
    result = run(sides[0], "folder")
    assert result.exit_code == 3
    assert "b.mobileconfig" in result.stderr
    assert "2 changes in 1 place" in result.stdout


def test_what_takes_too_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    urls = [f"https://h.test/*a{number}x" for number in range(200)]
    old = write_profile(Path("old.mobileconfig"), {**REDIRECT, "URLs": urls})
    new = write_profile(Path("new.mobileconfig"), {**REDIRECT, "URLs": urls[::-1]})
    result = run(str(old), str(new))
    assert (result.exit_code, result.output) == (
        3,
        (
            "undecided, because too many patterns with `*` meet:"
            " URLs that begin with https://h.test/; any caller\n"
            "no request outside of what is undecided is answered differently\n"
        ),
    )


def test_refused_profiles_are_reported(sides: tuple[str, str]) -> None:
    bad = write_profile(Path("bad.mobileconfig"), {**CREDENTIAL, "Hosts": []})
    result = run(sides[0], str(bad))
    assert result.exit_code == 1
    assert "bad.mobileconfig: PayloadContent[0].Hosts: refused: " in result.stderr


# Rows: arguments besides OLD and NEW, the message.
MISUSE: list[tuple[list[str], str]] = [
    (["--json"], "--json"),
    (["--full"], "--full"),
    (["--spelling", "app"], "--spelling is for the URLs of --requests"),
    (["--os", "Windows"], "unknown platform `Windows`"),
    (["third"], "OLD and NEW are two paths, not 3"),
]


@pytest.mark.parametrize(("arguments", "message"), MISUSE)
def test_misuse(sides: tuple[str, str], arguments: list[str], message: str) -> None:
    result = run(*arguments, *sides)
    assert result.exit_code == 2
    assert message in result.output


def test_standard_input_is_read_once() -> None:
    result = run("-", "-")
    assert result.exit_code == 2
    assert "standard input can be read only once" in result.output


# Rows: a region, and how it reads.
SENTENCES: list[tuple[Region, str]] = [
    (
        Region(LookupKind.URL, (Condition(Comparison.BEGINS_WITH, "https://h", lookalike=True),)),
        "URLs that begin with https://h and continue in the authority (look-alikes); any caller",
    ),
    (
        Region(
            LookupKind.URL,
            (
                Condition(Comparison.MATCHES, "https://h/*/x"),
                Condition(Comparison.BEGINS_WITH, "https://h/t"),
            ),
            (Condition(Comparison.BEGINS_WITH, "https://h/t/y"),),
            ("a", "b"),
            screen=Screen.LOCKED,
        ),
        (
            "URLs that match https://h/*/x and begin with https://h/t,"
            " but not those that begin with https://h/t/y; any caller but a, b, screen locked"
        ),
    ),
    (
        Region(
            LookupKind.HOST,
            (Condition(Comparison.ENDS_WITH, ".a"),),
            tuple(Condition(Comparison.IS, f"{n}.a") for n in range(7)),
            ("a",),
            other_callers=False,
        ),
        (
            "challenges and host:// requests for a host that ends with .a, but not one that is 0.a"
            " or is 1.a or is 2.a or is 3.a or is 4.a or meet 2 more such conditions; caller a"
        ),
    ),
]


@pytest.mark.parametrize(("region", "expected"), SENTENCES)
def test_regions_are_sentences(region: Region, expected: str) -> None:
    assert str(region) == expected


def test_strict_matching_hands_no_look_alike_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    url = "https://login.example.com"
    old = write_profile(Path("old.mobileconfig"), {**REDIRECT, "URLs": [url]})
    new = write_profile(Path("new.mobileconfig"), {**REDIRECT, "URLs": [f"{url}/"]})

    def outcomes_of_look_alikes(*options: str) -> set[str]:
        changes = json.loads(run("--format", "json", *options, str(old), str(new)).stdout)[
            "changes"
        ]
        found = [one for one in changes if one["witness"]["url"].startswith(f"{url}.")]
        assert found
        return {one["old"]["outcome"] for one in found}

    assert "handle" in outcomes_of_look_alikes()
    assert "handle" not in outcomes_of_look_alikes("--matching", "strict")
