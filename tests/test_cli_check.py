"""`ssoroute check`: what it reads, what it shows, and how it ends."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import pytest
from click.testing import CliRunner, Result

from check_world import credential, profile, psso, redirect
from ssoroute.checks.rules import rules
from ssoroute.cli.check import check

ROOT: Final = Path(__file__).parent.parent
#: The whole command line, whatever else is registered.
MAIN: Final = """
import sys
from ssoroute.cli import cli, main
from ssoroute.cli.check import check
cli.add_command(check)
main(["check", *sys.argv[1:]])
"""


#: The same; the file `checking` says that the profiles are read, and the checks begin.
NOTED: Final = (
    """
from ssoroute.checks import engine
run = engine.run
def noted(*arguments, **options):
    open("checking", "x").close()
    return run(*arguments, **options)
engine.run = noted
"""
    + MAIN
)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(check, list(arguments))


def process(*arguments: str, code: str = MAIN, **changes: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=environment(**changes),
    )


def environment(**changes: str) -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(ROOT / "src"), "PYTHONWARNINGS": "error"} | changes


def codes(result: Result) -> list[str]:
    return [f["code"] for f in json.loads(result.stdout)["findings"]]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(name: str, *payloads: dict[str, Any], **top: Any) -> str:
    Path(name).write_bytes(profile(*payloads, name=name, **top).getvalue())
    return name


# How it ends.


@pytest.mark.parametrize(
    ("payload", "status"),
    [
        (credential("example.com"), 0),
        (credential(".example.com"), 0),  # an info
        (redirect("https://login.example.com"), 1),  # a warning
        (credential("*.example.com"), 1),  # an error
    ],
)
def test_the_exit_status(payload: dict[str, Any], status: int) -> None:
    assert run(write("a.mobileconfig", payload)).exit_code == status


def test_one_broken_file_among_many_is_reported_and_the_rest_is_checked() -> None:
    Path("set").mkdir()
    write("set/a.mobileconfig", credential("*.example.com"))
    Path("set/b.mobileconfig").write_text("<plist><dict>\n<oops</plist>")
    write("set/c.mobileconfig", redirect("https://login.example.com"))
    result = run("set")
    assert result.exit_code == 3
    found = re.findall(r"(\w+) (SSO\d+):", result.output)
    assert ("error", "SSO302") in found
    assert ("error", "SSO006") in found
    assert ("warning", "SSO202") in found
    assert "  2:6: error SSO006: not well-formed XML" in result.output
    assert "line 2, column 6" in result.output


@pytest.mark.parametrize("content", [b"", b"hello", b"<html></html>", b'{"Type": '])
def test_nothing_but_a_broken_file(content: bytes) -> None:
    Path("a.mobileconfig").write_bytes(content)
    result = run("--format", "json", "a.mobileconfig")
    assert result.exit_code == 3
    assert len(codes(result)) == 1


def test_a_file_that_is_not_there_and_an_empty_folder() -> None:
    Path("empty").mkdir()
    result = run("--format", "json", "none.mobileconfig", "empty")
    assert (result.exit_code, codes(result)) == (3, ["SSO003", "SSO001"])


def test_json_that_is_cut_off_has_a_place() -> None:
    Path("a.json").write_text('{"Type":\n ')
    (finding,) = json.loads(run("--format", "json", "a.json").stdout)["findings"]
    assert (finding["line"], finding["column"]) == (2, 2)


@pytest.mark.parametrize("form", ["text", "json"])
def test_profiles_without_sso_are_an_error_unless_allowed(form: str) -> None:
    path = write("a.mobileconfig", {"PayloadType": "com.apple.wifi.managed"})
    result = run("--format", form, path)
    assert result.exit_code == 3
    assert result.stderr == (
        "error: no profile has an SSO payload; if that is right, add --allow-empty\n"
    )
    allowed = run("--format", form, "--allow-empty", path)
    assert (allowed.exit_code, allowed.stderr, allowed.stdout) == (0, "", result.stdout)
    if form == "text":
        assert result.stdout == "nothing found in 1 file, because there is no SSO payload\n"


def test_quiet_exit_zero_and_each() -> None:
    bad = write("a.mobileconfig", credential("*.example.com"))
    quiet = run("--quiet", bad)
    assert (quiet.exit_code, quiet.output) == (1, "")
    assert run("--exit-zero", bad).exit_code == 0
    assert run("--exit-zero", bad).output == run(bad).output
    assert run("--exit-zero", bad, "none.mobileconfig").exit_code == 3
    copy = write("b.mobileconfig", credential("*.example.com"))
    Path("c.mobileconfig").write_text("<plist")
    together = codes(run("--format", "json", bad, copy, "c.mobileconfig"))
    alone = codes(run("--format", "json", "--each", bad, copy, "c.mobileconfig"))
    assert sorted(alone) == ["SSO006", "SSO302", "SSO302"]
    assert set(together) > set(alone)  # what the two files do to each other


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "no profiles: name files or folders"),
        (("-", "-"), "standard input (`-`) can be read only once"),
        (("a", "--os", "tvOS"), "unknown platform `tvOS`"),
        (("a", "--os", "macOS@x"), "malformed version `x`"),
        (("a", "--select", "SSO9X"), "no code begins with `SSO9X`; did you mean SSO960?"),
        (("a", "--ignore", ""), "no code begins with"),
        (("a", "--severity", "hint"), "'hint' is not one of"),
        (("a", "--statistics", "--format", "json"), "--statistics is text; leave out --format"),
        (("a", "--format", "xml"), "'xml' is not one of"),
        (("a", "--aasa", "login.example.com"), "`login.example.com` is not HOST=FILE"),
        (("a", "--aasa", "h=a", "--aasa", "H=b"), "`H` is given twice"),
        (("--explain", "SSO2022"), "no rule has the code `SSO2022`; did you mean SSO202?"),
    ],
)
def test_misuse(arguments: Sequence[str], said: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.split())


def test_a_profile_from_standard_input() -> None:
    stdin = profile(credential("*.example.com")).getvalue()
    command = [sys.executable, "-c", MAIN, "--format", "json", "-"]
    done = subprocess.run(
        command, input=stdin, capture_output=True, env=environment(), timeout=60, check=False
    )
    assert done.returncode == 1
    (finding,) = json.loads(done.stdout)["findings"]
    assert (finding["code"], finding["file"], finding["line"]) == ("SSO302", "-", None)


# What is shown.


def test_select_ignore_and_severity() -> None:
    path = write("a.mobileconfig", redirect("https://login.example.com", "https://h/a"))
    wanted = ["--format", "json", path]
    assert codes(run(*wanted)) == ["SSO801", "SSO202", "SSO203"]
    assert codes(run("--select", "SSO202,sso8", *wanted)) == ["SSO801", "SSO202"]
    assert codes(run("--select", "SSO2", "--ignore", "SSO203", *wanted)) == ["SSO202"]
    assert codes(run("--severity", "warning", *wanted)) == ["SSO202"]
    assert run("--severity", "error", *wanted).exit_code == 0
    assert run("--ignore", "SSO202", *wanted).exit_code == 0


def test_the_text_has_errors_first_and_only_counts_infos() -> None:
    hosts = credential(".example.com", "a.example.com.", "*.b.example", "192.0.2.1")
    path = write("a.mobileconfig", hosts)
    plain = run(path).output
    assert re.findall(r"(\w+) (SSO\d+):", plain) == [("error", "SSO302"), ("warning", "SSO305")]
    assert "\n  2 infos; `--severity info` shows them\n" in plain
    assert plain.endswith("1 error, 1 warning, 2 infos in 1 file\n")
    every = run("--severity", "info", path).output
    assert [code for _, code in re.findall(r"(\w+) (SSO\d+):", every)] == [
        "SSO302",
        "SSO305",
        "SSO303",
        "SSO308",
    ]
    assert "shows them" not in every
    assert codes(run("--format", "json", path)) == ["SSO303", "SSO305", "SSO302", "SSO308"]


def test_a_profile_for_ios_is_checked_as_ios() -> None:
    extension = {"ExtensionIdentifier": "com.microsoft.azureauthenticator.ssoextension"}
    payload = redirect("https://sts.windows.net", TeamIdentifier=None, **extension)
    path = write("a.mobileconfig", payload)
    result = run(path)
    assert result.exit_code == 0
    assert result.output == (
        "a.mobileconfig\n  3 infos; `--severity info` shows them\n\n"
        "3 infos in 1 file, checked for iOS 27.0\n"
    )
    assert "checked for" not in run("--os", "iOS", path).output
    assert "SSO607" in codes(run("--os", "macOS", "--format", "json", path))
    both = write("b.mobileconfig", redirect("https://login.example.com/"))
    assert "checked for" not in run(path, both).output


def test_what_cannot_be_read_is_always_said() -> None:
    Path("a.mobileconfig").write_text("<plist")
    result = run("--format", "json", "--select", "SSO2", "--ignore", "SSO0", "a.mobileconfig")
    assert (result.exit_code, codes(result)) == (3, ["SSO006"])


def test_several_targets() -> None:
    path = write("a.mobileconfig", psso(LoginPolicy=["AttemptAuthentication"]))
    output = run("--os", "macOS@14.2", "--os", "ios@18", "--os", "macOS@15", path).output
    assert "`PlatformSSO` has no effect on iOS 18.0: iOS does not read it" in output
    assert "`PlatformSSO.LoginPolicy` has no effect on macOS 14.2: needs macOS 15.0" in output


def test_a_site_file() -> None:
    path = write("a.mobileconfig", redirect("https://login.example.com/"))
    Path("site").write_text("{}")
    result = run("--format", "json", "--aasa", "Login.example.com=site", path)
    assert (result.exit_code, codes(result)) == (1, ["SSO801", "SSO803"])
    result = run("--format", "json", "--aasa", "login.example.com=none", path)
    assert (result.exit_code, codes(result)) == (3, ["SSO801", "SSO001"])


def test_list_rules() -> None:
    result = run("--list-rules")
    assert result.exit_code == 0
    assert [line.split()[0] for line in result.output.splitlines()] == list(rules())
    assert "SSO202  warning  observed    prefix ends inside the authority" in result.output


@pytest.mark.parametrize("code", rules())
def test_explain(code: str) -> None:
    result = run("--explain", code.lower())
    assert result.exit_code == 0
    said = " ".join(result.output.split())
    rule = rules()[code]
    assert said.startswith(f"{code}: {rule.title} {rule.severity}, {rule.authority}; {rule.docs}")
    assert rule.text in said
    assert rule.hint in said


# The outside.

#: Everything that reaches outside is an error, and each file that is opened to write is named.
WATCHED: Final = (
    """
import os, sys
def watch(event, arguments):
    outside = ("socket.", "urllib", "http", "ftplib", "smtplib", "subprocess", "os.system",
               "os.exec", "os.fork", "os.posix_spawn", "shutil", "tempfile", "sqlite3")
    if event.startswith(outside):
        os.write(2, f"OUTSIDE {event} {arguments}\\n".encode())
        os._exit(99)
    if event == "open" and isinstance(arguments[2], int):
        writes = arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        if writes and arguments[0] != os.devnull:
            os.write(2, f"WRITES {arguments[0]}\\n".encode())
    if event in ("os.mkdir", "os.remove", "os.symlink", "os.link"):
        os.write(2, f"WRITES {arguments[0]}\\n".encode())
sys.addaudithook(watch)
"""
    + MAIN
)


@pytest.mark.parametrize("form", ["text", "short", "json", "sarif", "github", "gitlab", "junit"])
def test_nothing_touches_the_network_or_writes_a_file(form: str) -> None:
    write(
        "a.mobileconfig", redirect("https://bücher.example"), credential(".co.uk", "bücher.example")
    )
    Path("site").write_text("{}")
    Path("b.mobileconfig").write_text("<plist")
    done = process(
        "--format", form, "--aasa", "h=site", "--os", "macOS", "--os", "iOS@17", ".",
        code=WATCHED, PYTHONDONTWRITEBYTECODE="1", HOME="/nonexistent",
    )  # fmt: skip
    assert done.returncode == 3, done.stderr
    assert "SSO304" in done.stdout
    assert "WRITES" not in done.stderr


def test_the_baseline_is_all_that_is_written() -> None:
    write("a.mobileconfig", credential(".co.uk"))
    done = process(
        "--write-baseline", "known.json", "a.mobileconfig",
        code=WATCHED, PYTHONDONTWRITEBYTECODE="1",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    written = [line.split("/")[-1] for line in done.stderr.splitlines()]
    # a number is the descriptor of a file that was opened before by its name
    own = r"(WRITES )?(\.ssoroute-[0-9a-f]+-[0-9a-f]+\.new|[0-9]+)"
    assert all(re.fullmatch(own, name) for name in written), written
    assert Path("known.json").exists()


def test_the_watch_would_notice() -> None:
    code = WATCHED.replace("main([", "import socket; socket.socket(); main([")
    assert process(code=code).returncode == 99
    code = WATCHED.replace("main([", "open('x', 'w'); main([")
    assert "WRITES x" in process(code=code).stderr


@pytest.mark.parametrize(("delay", "is_shown"), [(0, True), (600, False)])
def test_a_terminal_gets_colours_and_progress_and_a_pipe_neither(
    delay: int, is_shown: bool
) -> None:
    write("a.mobileconfig", redirect("https://login.example.com"))
    done = process("a.mobileconfig")
    assert "\x1b" not in done.stdout
    assert done.stderr == ""
    delayed = f"import ssoroute.cli.progress\nssoroute.cli.progress.DELAY = {delay}\n"
    outer, inner = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", delayed + MAIN, "a.mobileconfig"],
        stdout=inner,
        stderr=inner,
        env=environment(TERM="xterm", NO_COLOR=""),
    ) as child:
        os.close(inner)
        shown = b""
        while True:
            try:
                piece = os.read(outer, 4096)
            except OSError:
                break
            if not piece:
                break
            shown += piece
        assert child.wait() == 1
    os.close(outer)
    assert (b"checking" in shown) is is_shown
    assert b"\x1b[33mwarning" in shown


def test_it_can_be_interrupted() -> None:
    Path("set").mkdir()
    for number in range(1500):
        urls = [f"https://h{number}-{n}.example.com/t/" for n in range(20)]
        write(f"set/{number}.mobileconfig", redirect(*urls))
    with subprocess.Popen(
        [sys.executable, "-c", NOTED, "set"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
    ) as child:
        while not Path("checking").exists() and child.poll() is None:
            time.sleep(0.02)
        child.send_signal(signal.SIGINT)
        _, complaints = child.communicate(timeout=30)
        assert child.returncode == 130
        assert complaints.strip() == b""


def test_help_names_every_option() -> None:
    said = run("--help").output
    for option in ("--os", "--select", "--ignore", "--severity", "--format", "--baseline",
                   "--write-baseline", "--aasa", "--statistics", "--quiet", "--exit-zero",
                   "--each", "--allow-empty", "--profiles", "--list-rules",
                   "--explain"):  # fmt: skip
        assert option in said


def test_other_commands_load_no_rule() -> None:
    script = "import sys, ssoroute.cli, ssoroute.cli.check; print(*sys.modules, sep='\\n')"
    done = process(code=script)
    assert done.returncode == 0
    loaded = done.stdout.split()
    assert "ssoroute.checks" in loaded
    for name in (
        "ssoroute.checks.engine",
        "ssoroute.relations.overlap",
        "publicsuffixlist",
        "socket",
    ):
        assert name not in loaded


# The device.


def test_a_device_file_is_checked_against(folder: Path) -> None:
    first = write("a.mobileconfig", redirect("https://id.example.com/t/*/login"))
    (folder / "old.json").write_text('{"platform": "macOS", "version": "14.0"}')
    (folder / "bare.json").write_text('{"installed_extensions": []}')
    assert "SSO207" in codes(run("--format", "json", "--device", "old.json", first))
    done = process("--device", "old.json", "--os", "macOS", first)
    assert (done.returncode, done.stdout) == (2, "")
    assert "--os and the device file both name the platform and the version" in done.stderr
    assert run("--format", "json", "--device", "bare.json", "--os", "iOS", first).exit_code in (
        0,
        1,
    )
    assert process("--device", "none.json", first).returncode == 3
