"""The pytest plugin: fixtures, options, tables as tests, and what it costs to be there."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from cli_world import CREDENTIAL, REDIRECT, ROOT, SSO, environment, write_profile

pytest_plugins = ["pytester"]

PLUGIN = "ssoroute.testing.pytest_plugin"
LOGIN = "https://login.example.com/"


@pytest.fixture(autouse=True)
def world(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with a profile, and no plugin but ours, even where ours is installed as well."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    write_profile(pytester.path / "corp.mobileconfig", REDIRECT, CREDENTIAL)
    pytester.makeini("[pytest]\nfilterwarnings = error\naddopts = --strict-config\n")


def run(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return pytester.runpytest_inprocess(
        "-p", PLUGIN, "-p", "no:cacheprovider", "--strict-markers", *arguments
    )


def ini(pytester: pytest.Pytester, **members: str) -> None:
    lines = ["[pytest]", "filterwarnings = error", "addopts = --strict-config"]
    pytester.makeini("\n".join(lines + [f"{key} = {value}" for key, value in members.items()]))


ASSERTING = f"""
    def test_good(assert_route, sso_router):
        decision = assert_route("{LOGIN}", outcome="handle", extension="{SSO}")
        assert decision == sso_router.route("{LOGIN}")

    def test_bad(assert_route):
        assert_route("https://x.org/", caller="{SSO}\\x1b", response_code=401, outcome="handle")
"""


def test_profiles_from_the_command_line(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(ASSERTING)
    result = run(pytester, "--sso-profiles=corp.mobileconfig", "--sso-os=macOS@15.4")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            ">       assert_route(*",
            "E       AssertionError: outcome: expected handle, found do_not_handle",
            f"E       https://x.org/, response code 401 (a challenge), caller {SSO}\\x1b",
            "E         do_not_handle (no_match)",
            "E         on macOS 15.4, matching `system`",
            "E         not matched: com.example.kerberos (apple), Credential: no host matches*",
            "*.py:6: AssertionError",
        ]
    )
    # the place is the test's own line, none of ours
    result.stdout.no_fnmatch_line("*assertion.py*")


def test_profiles_and_platform_from_the_configuration(pytester: pytest.Pytester) -> None:
    write_profile(pytester.path / "b.mobileconfig", REDIRECT | {"URLs": ["https://b.example.com"]})
    ini(pytester, sso_profiles="corp.mobileconfig b.mobileconfig", sso_os="iOS@17")
    pytester.makepyfile(
        """
        def test(assert_route, sso_router):
            assert str(sso_router.device.platform) == "iOS"
            assert str(sso_router.device.version) == "17.0"
            assert len(sso_router.installation.installed) == 2
            assert_route("https://b.example.com", outcome="handle")
        """
    )
    run(pytester).assert_outcomes(passed=1)


def test_paths_in_the_configuration_are_relative_to_it(pytester: pytest.Pytester) -> None:
    ini(pytester, sso_profiles="corp.mobileconfig")
    folder = pytester.mkdir("sub")
    (folder / "test_it.py").write_text("def test(sso_router): assert sso_router.activation.active")
    pytester.chdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        run(pytester).assert_outcomes(passed=1)


def test_the_command_line_wins(pytester: pytest.Pytester) -> None:
    ini(pytester, sso_profiles="missing", sso_os="iOS")
    pytester.makepyfile(
        "def test(sso_router): assert str(sso_router.device.platform) == 'visionOS'"
    )
    result = run(pytester, "--sso-profiles=corp.mobileconfig", "--sso-os=visionos")
    result.assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "`sso_router` needs profiles: give --sso-profiles PATH, or set `sso_profiles` in*"),
        (["--sso-profiles=gone"], "gone: error: cannot be read: no such file*"),
        (["--sso-profiles=corp.mobileconfig", "--sso-profiles=gone"], "gone: error: cannot be*"),
        (["--sso-profiles=corp.mobileconfig", "--sso-os=tvOS"], "unknown platform `tvOS`*"),
        (["--sso-profiles=corp.mobileconfig", "--sso-os=iOS@x"], "malformed version `x`*"),
    ],
)
def test_what_is_wrong_with_the_options(
    pytester: pytest.Pytester, arguments: list[str], message: str
) -> None:
    pytester.makepyfile("def test(assert_route): pass")
    result = run(pytester, *arguments)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([message])


TABLE = f"""
profiles = "corp.mobileconfig"
[device]
version = "15.4"
[[routes]]
name = "sign in"
url = "{LOGIN}"
outcome = "handle"
[[routes]]
name = "not any more"
url = "{LOGIN}"
caller = "x\\u001b"
outcome = "cancel"
[[routes]]
url = "https://x.org/"
reason = "no_match"
"""


def test_rows_of_tables_are_tests(pytester: pytest.Pytester) -> None:
    folder = pytester.mkdir("routes")
    (folder / "corp.routes.toml").write_text(TABLE.replace('"corp.', '"../corp.'))
    (folder / "other.routes.json").write_text(
        '{"profiles": "../corp.mobileconfig", "routes": [{"url": "ssoid://x", "rule": false}]}'
    )
    (folder / "no_table.toml").write_text("junk")
    result = run(pytester, "-v")
    result.assert_outcomes(passed=3, failed=1)
    result.stdout.fnmatch_lines(
        [
            "routes/corp.routes.toml::row 1 (sign in) PASSED*",
            "routes/corp.routes.toml::row 2 (not any more) FAILED*",
            "routes/corp.routes.toml::row 3 PASSED*",
            "routes/other.routes.json::row 1 PASSED*",
            "*corp.routes.toml: row 2 (not any more) *",
            "outcome: expected cancel, found handle",
            f"{LOGIN}, caller x\\x1b",
            f"  handle (url_prefix): {SSO} (EXAMPLE123)",
            "  by https://login.example.com in corp.mobileconfig: PayloadContent[[]0].URLs[[]0]",
            "  on macOS 15.4, matching `system`",
            f"  selected: {SSO} (EXAMPLE123), Redirect: *",
            "FAILED routes/corp.routes.toml::row 2 (not any more) - outcome: expected*",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")


def test_a_row_is_chosen_by_its_name(pytester: pytest.Pytester) -> None:
    (pytester.path / "corp.routes.toml").write_text(TABLE)
    run(pytester, "-k", "sign").assert_outcomes(passed=1, deselected=2)
    run(pytester, "corp.routes.toml::row 3").assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            TABLE.replace("cancel", "cancle"),
            "*: row 2 (not any more): outcome: unknown value `cancle`; did*",
        ),
        (TABLE.replace("corp.mobile", "gone.mobile"), "*: profiles: gone.mobileconfig: error:*"),
    ],
)
def test_a_broken_table_is_one_error(pytester: pytest.Pytester, text: str, message: str) -> None:
    (pytester.path / "corp.routes.toml").write_text(text)
    result = run(pytester)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([message])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_an_error_of_ours_keeps_its_traceback(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    import ssoroute.testing.run

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(ssoroute.testing.run, "run_row", broken)
    (pytester.path / "corp.routes.toml").write_text(TABLE)
    result = run(pytester, "-k", "sign")
    result.assert_outcomes(failed=1, deselected=2)
    result.stdout.fnmatch_lines(["*ZeroDivisionError"])


def test_junit_of_pytest_holds_the_rows(pytester: pytest.Pytester) -> None:
    (pytester.path / "corp.routes.toml").write_text(TABLE)
    run(pytester, "--junit-xml=out.xml")
    text = (pytester.path / "out.xml").read_text()
    assert 'name="row 2 (not any more)"' in text
    assert "outcome: expected cancel, found handle" in text


LOADED = f"""
import sys
def test():
    assert "{PLUGIN}" in sys.modules
    loaded = set(sys.modules) & {{"click", "rich", "ada_url", "rfc3986", "asn1crypto", "idna"}}
    loaded |= {{n for n in sys.modules if n.startswith("ssoroute.") and "testing" not in n}}
    loaded -= {{"ssoroute.lazy_names"}}
    assert not loaded, loaded
    assert {{n for n in sys.modules if n.startswith("ssoroute.testing.")}} == {{
        "{PLUGIN}",
        "ssoroute.testing.table_files",
    }}
"""


def test_nothing_is_imported_before_something_is_used(pytester: pytest.Pytester) -> None:
    # A process of its own: this one has imported everything already.
    pytester.makepyfile(LOADED)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", PLUGIN, "-p", "no:cacheprovider"],
        cwd=pytester.path,
        capture_output=True,
        text=True,
        env=environment(),
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("1 passed\n") or "1 passed in" in done.stdout


def test_with_the_strict_settings_of_this_project(pytester: pytest.Pytester) -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    options = settings["tool"]["pytest"]["ini_options"]
    assert options["filterwarnings"] == ["error"]
    (pytester.path / "corp.routes.toml").write_text(TABLE)
    run(pytester, *options["addopts"], "-k", "sign").assert_outcomes(passed=1, deselected=2)


def test_the_example_of_the_documentation(pytester: pytest.Pytester) -> None:
    text = (ROOT / "docs" / "testing.md").read_text(encoding="utf-8")
    (example,) = re.findall(
        r"^```python\n(from collections.*?)^```$", text, re.MULTILINE | re.DOTALL
    )
    pytester.makepyfile(example)
    profiles = ROOT / "examples" / "profiles"
    run(pytester, f"--sso-profiles={profiles}").assert_outcomes(passed=2)


def test_pytest_finds_it_by_its_entry_point() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["entry-points"]["pytest11"] == {"ssoroute": PLUGIN}
    assert (ROOT / "src" / Path(*PLUGIN.split("."))).with_suffix(".py").exists()
