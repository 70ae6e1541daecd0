"""The configuration file: where it is found, what it says, and that the command line wins."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from check_world import credential, profile, redirect
from cli_world import invoke
from ssoroute.configuration.finding_it import find_configuration
from ssoroute.configuration.reader import read_configuration
from ssoroute.configuration.values import CheckSettings, Configuration, PathSettings
from ssoroute.loaders.toml_lines import lines_of_keys
from ssoroute.model.errors import InvalidInputError
from ssoroute.model.finding import Finding, Severity
from ssoroute.model.source import Source

WHOLE = """\
profiles = ["a.mobileconfig"]
os = "macOS@15.4"
device = "laptop.toml"
user = "jdoe"
channel = "device"
targets = ["macOS@15.4", "iOS@18"]
tables = ["routes"]

[check]
select = ["SSO2", "sso801"]
ignore = [
  "SSO203",
]
severity = "warning"
baseline = "known.json"

[check.severities]
SSO202 = "error"

[[check.per_path]]
path = "legacy"
ignore = ["SSO202"]

[[check.per_path]]
path = "*.json"
severities = { SSO2 = "info" }
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_everything_that_a_file_can_say(folder: Path) -> None:
    (folder / "ssoroute.toml").write_text(WHOLE)
    found = read_configuration("ssoroute.toml")
    assert found.profiles == ("a.mobileconfig",)
    assert (found.os, found.device, found.user) == ("macOS@15.4", "laptop.toml", "jdoe")
    assert (found.channel, found.targets) == ("device", ("macOS@15.4", "iOS@18"))
    assert found.tables == ("routes",)
    assert found.check == CheckSettings(
        ("SSO2", "SSO801"),
        ("SSO203",),
        Severity.WARNING,
        "known.json",
        {"SSO202": Severity.ERROR},
        (
            PathSettings("legacy", (), ("SSO202",)),
            PathSettings("*.json", (), (), {"SSO2": Severity.INFO}),
        ),
    )
    assert {setting.key: setting.line for setting in found.settings} == {
        "profiles": 1,
        "os": 2,
        "device": 3,
        "user": 4,
        "channel": 5,
        "targets": 6,
        "tables": 7,
        "check.select": 10,
        "check.ignore": 11,
        "check.severity": 14,
        "check.baseline": 15,
        "check.severities.SSO202": 18,
        "check.per_path[0].path": 21,
        "check.per_path[0].ignore": 22,
        "check.per_path[1].path": 25,
        "check.per_path[1].severities.SSO2": None,
    }


PLATFORMS: Final = "known are macOS, iOS, iPadOS and visionOS"
KNOWN: Final = "known are path, select, ignore, severities"


def test_all_that_is_wrong_is_said_at_once(folder: Path) -> None:
    (folder / "pyproject.toml").write_text(
        """[tool.ssoroute]
profile = ["a"]
os = "mac"
channel = "users"
targets = ["macOS", "Windows"]
tables = "routes"
user = ""
[tool.ssoroute.check]
select = ["SS02"]
ignore = [7]
severity = "warn"
severities = { SSO202 = "fatal" }
per_path = [{ ignore = ["SSO202"], colour = 1 }, 3]
"""
    )
    with pytest.raises(InvalidInputError) as error:
        read_configuration("pyproject.toml")
    place = "pyproject.toml: tool.ssoroute"
    assert list(error.value.problems) == [
        f"{place}.profile: unknown member `profile`; did you mean `profiles`?",
        f"{place}.os: unknown platform `mac`; {PLATFORMS}",
        f"{place}.channel: unknown value `users`; did you mean `user`?",
        f"{place}.targets[1]: unknown platform `Windows`; {PLATFORMS}",
        f"{place}.tables: must be an array of paths, not a string",
        f"{place}.user: must be a non-empty string, not an empty string",
        f"{place}.check.select[0]: no code begins with `SS02`; did you mean `SSO902`?",
        f"{place}.check.ignore[0]: must be a non-empty string, not an integer",
        f"{place}.check.severity: unknown value `warn`; did you mean `warning`?",
        f"{place}.check.severities.SSO202: must be `error`, `warning` or `info`, not `fatal`",
        f"{place}.check.per_path[0].colour: unknown member `colour`; " + KNOWN,
        f"{place}.check.per_path[0]: `path` is missing: the files that it is about",
        f"{place}.check.per_path[1]: must be a table, not an integer",
    ]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("profiles = [", "not TOML"),
        ("[tool]\nssoroute = 3", "tool.ssoroute: must be a table, not an integer"),
        (f"ssoroute{'.a' * 30} = 1", "a key has more than 20 parts"),
    ],
    ids=["not TOML", "no table", "deep"],
)
def test_files_that_cannot_be_read(folder: Path, text: str, why: str) -> None:
    (folder / "pyproject.toml").write_text(f"# ssoroute\n{text}")
    with pytest.raises(InvalidInputError, match=r"pyproject\.toml: ") as error:
        find_configuration()
    assert why in str(error.value)


def test_the_nearest_file_counts(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    below = folder / "a" / "b" / "c"
    below.mkdir(parents=True)
    (folder / "ssoroute.toml").write_text("user = 'top'")
    (folder / "a" / "pyproject.toml").write_text("[tool.ssoroute]\nuser = 'project'")
    (folder / "a" / "b" / "pyproject.toml").write_text("[tool.other]\nname = 'ssoroute'")
    monkeypatch.chdir(below)
    assert find_configuration() == "../../pyproject.toml"
    (folder / "a" / "ssoroute.toml").write_text("user = 'own'")
    assert find_configuration() == "../../ssoroute.toml"
    monkeypatch.chdir(folder)
    assert find_configuration() == "ssoroute.toml"


def test_without_a_file(folder: Path) -> None:
    assert folder.is_dir()
    assert find_configuration() is None
    done = invoke("config", "show")
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr == "no configuration file from here upwards\n"
    assert json.loads(invoke("config", "show", "--json").stdout) == {
        "schema": 1,
        "file": None,
        "settings": [],
    }


def test_paths_lead_from_the_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "ssoroute.toml").write_text("profiles = ['p', '/q']\ndevice = 'd.toml'\n")
    (folder / "below").mkdir()
    monkeypatch.chdir(folder / "below")
    found = read_configuration("../ssoroute.toml")
    assert found.profiles == ("../p", "/q")
    assert found.device == "../d.toml"


def test_config_show(folder: Path) -> None:
    (folder / "pyproject.toml").write_text(
        "[project]\nname = 'x'\n\n[tool.ssoroute]\nprofiles = [\n 'é',\n]\n"
        "check.severity = 'info'\n"
    )
    done = invoke("config", "show")
    assert done.exit_code == 0
    assert done.stdout == (
        'pyproject.toml:5: profiles = ["é"]\npyproject.toml:8: check.severity = "info"\n'
    )
    answer = json.loads(invoke("config", "show", "--json").stdout)
    assert answer["settings"][1] == {
        "key": "check.severity",
        "value": "info",
        "file": "pyproject.toml",
        "path": "tool.ssoroute.check.severity",
        "line": 8,
    }


# The lines of keys.


def test_the_lines_of_keys() -> None:
    text = (
        '# a = 1\n"b.c" = """\nx = 1\n[t]\n""" # [u]\nd . e = [ # [v]\n  "]",\n  { f = 1 },\n]\n'
        "[ 'g' . h ] # i\nj='#'\n[[k]]\n[[k]]\nl = '''\nm = 1'''\n[k.n]\no=1"
    )
    assert lines_of_keys(text) == {
        "b.c": 2,
        "d.e": 6,
        "g.h": 10,
        "g.h.j": 11,
        "k[0]": 12,
        "k[1]": 13,
        "k[1].l": 14,
        "k.n": 16,
        "k.n.o": 17,
    }


@given(st.text("ab.=[]{}\"'#\n\\ ", max_size=40))
def test_the_lines_of_any_text_do_not_fail(text: str) -> None:
    assert all(line >= 1 for line in lines_of_keys(text).values())


# What `check` does with it.


def finding(file: str, code: str = "SSO202") -> Finding:
    return Finding(code, Severity.WARNING, Source(file), "x")


def test_findings_are_adjusted_by_path(folder: Path) -> None:
    (folder / "ssoroute.toml").write_text(WHOLE)
    found = read_configuration("ssoroute.toml")

    def severity(file: str, code: str = "SSO202") -> Severity | None:
        adjusted = found.adjusted(finding(file, code))
        return None if adjusted is None else adjusted.severity

    assert severity("a.mobileconfig") is Severity.ERROR
    assert severity("a.mobileconfig", "SSO301") is Severity.WARNING
    assert severity("legacy/deep/a.mobileconfig") is None
    assert severity("legacy/a.mobileconfig", "SSO203") is Severity.WARNING
    assert severity("b.json") is Severity.INFO
    assert severity(str(folder / "b.json")) is Severity.INFO
    assert severity("<bytes>") is Severity.ERROR


def test_a_path_can_select() -> None:
    hosts_only = CheckSettings(per_path=(PathSettings("legacy", select=("SSO3",)),))
    configuration = Configuration("ssoroute.toml", check=hosts_only)
    assert configuration.adjusted(finding("legacy/a.mobileconfig", "SSO202")) is None
    kept = finding("legacy/a.mobileconfig", "SSO301")
    assert configuration.adjusted(kept) == kept
    assert configuration.adjusted(finding("a.mobileconfig")) is not None


def test_what_cannot_be_read_keeps_its_severity() -> None:
    everything = CheckSettings(
        severities={"SSO": Severity.INFO}, per_path=(PathSettings("*", (), ("SSO",)),)
    )
    broken = Finding("SSO006", Severity.ERROR, Source("a"), "x")
    assert Configuration("c", check=everything).adjusted(broken) == broken


def write(path: str, *payloads: dict[str, Any]) -> str:
    Path(path).parent.mkdir(exist_ok=True)
    Path(path).write_bytes(profile(*payloads, name=path).getvalue())
    return path


def codes(*arguments: str) -> list[str]:
    answer = json.loads(invoke("check", "--format", "json", *arguments).stdout)
    return [f"{f['severity']} {f['code']} {f['file']}" for f in answer["findings"]]


def test_check_takes_everything_from_the_file(folder: Path) -> None:
    assert folder.is_dir()
    write("p/a.mobileconfig", redirect("https://login.example.com", "https://h.example/a"))
    write("p/old/b.mobileconfig", redirect("https://x.example.com"))
    Path("ssoroute.toml").write_text(
        "profiles = ['p']\n[check]\nselect = ['SSO2']\nignore = ['SSO203']\n"
        "severities = { SSO202 = 'error' }\n"
        "[[check.per_path]]\npath = 'p/old'\nseverities = { SSO202 = 'info' }\n"
    )
    assert codes() == ["error SSO202 p/a.mobileconfig", "info SSO202 p/old/b.mobileconfig"]
    assert codes("--select", "SSO203", "--ignore", "SSO1") == ["info SSO203 p/a.mobileconfig"]
    assert codes("--severity", "error") == ["error SSO202 p/a.mobileconfig"]
    assert codes("p/old") == ["info SSO202 p/old/b.mobileconfig"]
    assert codes("--no-config", "--select", "SSO202", "p/old") == [
        "warning SSO202 p/old/b.mobileconfig"
    ]
    Path("other.toml").write_text("profiles = ['p/old']\ncheck.select = ['SSO202']")
    assert codes("--config", "other.toml") == ["warning SSO202 p/old/b.mobileconfig"]


def test_targets_and_device(folder: Path) -> None:
    assert folder.is_dir()
    path = write("a.mobileconfig", redirect(TeamIdentifier=None))
    Path("ssoroute.toml").write_text("targets = ['iOS@18']\nos = 'macOS@15.4'\n")
    assert codes("--select", "SSO602", path) == []
    assert codes("--select", "SSO602", "--os", "macOS@15.4", path) == ["error SSO602 " + path]
    assert codes("--select", "SSO602", "--no-config", path) == ["error SSO602 " + path]
    shown = invoke("route", "-p", path, "--json", "https://login.example.com/")
    assert json.loads(shown.stdout)["outcome"] == "handle"
    Path("ssoroute.toml").write_text("os = 'macOS@10.14'\n")
    shown = invoke("route", "-p", path, "--json", "https://login.example.com/")
    assert json.loads(shown.stdout)["outcome"] == "do_not_handle"
    shown = invoke("route", "-p", path, "--os", "iOS", "--json", "https://login.example.com/")
    assert json.loads(shown.stdout)["outcome"] == "handle"


def test_a_device_on_the_command_line_takes_the_place_of_all_of_the_files(folder: Path) -> None:
    assert folder.is_dir()
    path = write("a.mobileconfig", redirect())
    Path("laptop.toml").write_text("platform = 'macOS'\nversion = '10.14'\n")
    Path("ssoroute.toml").write_text("device = 'laptop.toml'\n")
    request = ("-p", path, "https://login.example.com/")
    assert "do_not_handle" in invoke("route", *request).stdout
    assert "do_not_handle" not in invoke("route", "--os", "iOS", *request).stdout


def test_profiles_on_the_command_line_take_the_place_of_those_of_the_file(folder: Path) -> None:
    assert folder.is_dir()
    first = write("a.mobileconfig", redirect("https://a.example/"))
    second = write("b.mobileconfig", redirect("https://b.example/"))
    Path("ssoroute.toml").write_text(f"profiles = ['{first}']\n")
    for url, inside, options in (
        ("https://a.example/", True, ()),
        ("https://b.example/", False, ()),
        ("https://a.example/", False, (second,)),
        ("https://b.example/", True, (second,)),
        ("https://b.example/", True, ("-p", second)),
        ("https://a.example/", True, ("--config", "ssoroute.toml")),
    ):
        said = invoke("route", *options, url).stdout
        assert ("do_not_handle" not in said) is inside, (url, options)
    assert "a.mobileconfig" in invoke("explain", "https://a.example/").stdout
    assert "b.mobileconfig" in invoke("explain", second, "https://b.example/").stdout
    assert "b.example" not in invoke("show").stdout
    assert "a.example" not in invoke("show", second).stdout


def test_diff_takes_the_device_of_the_file(folder: Path) -> None:
    assert folder.is_dir()
    first = write("a.mobileconfig", redirect("https://a.example/"))
    second = write("b.mobileconfig", redirect("https://b.example/"))
    assert invoke("diff", first, second).exit_code == 1
    Path("ssoroute.toml").write_text("os = 'macOS@10.14'\nprofiles = ['missing']\n")
    assert invoke("diff", first, second).exit_code == 0
    assert invoke("diff", "--os", "macOS@15", first, second).exit_code == 1
    assert invoke("diff", "--to-os", "macOS@15", first).exit_code == 1
    assert invoke("diff", "--no-config", first, second).exit_code == 1


def test_device_serve_takes_profiles_and_device_of_the_file(folder: Path) -> None:
    assert folder.is_dir()
    path = write("a.mobileconfig", redirect("https://login.example.com"))
    Path("ssoroute.toml").write_text(f"os = 'iOS@17.2'\nprofiles = ['{path}']\n")
    line = '{"op": "explain", "url": "https://login.example.com/"}\n'
    for options, outcome, device in (
        ((), "handle", ("iOS", "17.2")),
        (("--os", "macOS@15.4"), "handle", ("macOS", "15.4")),
        (("--no-config", "--os", "iOS@17.2"), "do_not_handle", ("iOS", "17.2")),
    ):
        done = invoke("device", "serve", "--jsonl", *options, stdin=line)
        found = json.loads(done.stdout)["result"]
        assert found["decision"]["outcome"] == outcome, options
        assert (found["device"]["platform"], found["device"]["version"]) == device


def test_a_baseline_of_the_file(folder: Path) -> None:
    assert folder.is_dir()
    path = write("a.mobileconfig", redirect("https://login.example.com"))
    Path("ssoroute.toml").write_text("check.baseline = 'known.json'\n")
    assert invoke("check", path).exit_code == 3  # there is no such file yet
    assert invoke("check", "--write-baseline", "known.json", path).exit_code == 0
    assert invoke("check", path).exit_code == 0
    assert invoke("check", "--no-config", path).exit_code == 1


def test_a_path_whose_findings_are_left_out_is_not_repaired(folder: Path) -> None:
    assert folder.is_dir()
    Path("legacy").mkdir()
    spaced = redirect(" https://login.example.com/ ")
    kept = Path(write("legacy/a.mobileconfig", spaced))
    path = Path(write("b.mobileconfig", redirect(" https://id.example.com/ ")))
    old = kept.read_bytes()
    code = json.loads(invoke("check", "--format", "json", str(path)).stdout)["findings"][0]["code"]
    Path("ssoroute.toml").write_text(
        f"[[check.per_path]]\npath = 'legacy/*'\nignore = ['{code}']\n"
    )
    assert invoke("check", "--fix", "--write", str(kept), str(path)).exit_code == 0
    assert kept.read_bytes() == old
    assert b"> https" not in path.read_bytes()
    assert b">https://id.example.com/<" in path.read_bytes()


def test_tables_of_the_file(folder: Path) -> None:
    assert folder.is_dir()
    write("a.mobileconfig", redirect())
    Path("t.routes.toml").write_text(
        "profiles = 'a.mobileconfig'\n"
        "[[routes]]\nurl = 'https://login.example.com/'\noutcome = 'handle'\n"
    )
    assert invoke("test").exit_code == 2
    Path("ssoroute.toml").write_text(
        "tables = ['t.routes.toml']\nprofiles = ['a.mobileconfig']\nos = 'macOS@15.4'\n"
    )
    ran = invoke("test")
    assert "t.routes.toml" in ran.stdout
    assert invoke("test", "missing.routes.toml").exit_code == 3
    Path("r.jsonl").write_text('{"url": "https://login.example.com/"}\n')
    recorded = invoke("test", "--record", "new.routes.toml", "--requests", "r.jsonl")
    assert recorded.exit_code == 0
    assert "a.mobileconfig" in Path("new.routes.toml").read_text()


def test_mistakes_on_the_command_line(folder: Path) -> None:
    assert folder.is_dir()
    path = write("a.mobileconfig", credential())
    assert invoke("show", "--config", "c.toml", "--no-config", path).exit_code == 2
    missing = invoke("show", "--config", "c.toml", path)
    assert (missing.exit_code, missing.stdout) == (3, "")
    assert missing.stderr == "c.toml: cannot be read: no such file or directory\n"
    Path("ssoroute.toml").write_text("profile = 'a'\n")
    wrong = invoke("show", path)
    assert (wrong.exit_code, wrong.stdout) == (3, "")
    assert "did you mean `profiles`?" in wrong.stderr
    assert invoke("show", "--no-config", path).exit_code == 0


@pytest.mark.parametrize(
    "command",
    [
        *("aasa", "bench", "check", "device serve", "diff", "explain", "lsp", "replay", "route"),
        *("serve", "show", "test"),
    ],
)
def test_every_command_that_uses_it_says_so(command: str) -> None:
    shown = invoke(*command.split(), "--help").stdout
    assert "--config FILE" in shown
    assert "--no-config" in shown
