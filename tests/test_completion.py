"""Completion in shells that are driven as their users do, the man page, and `--version`."""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path

import click
import pytest

from cli_world import ROOT, environment, invoke, run
from ssoroute import accelerated
from ssoroute.cli import cli

BASH = shutil.which("bash")
PAGE = ROOT / "docs" / "man" / "ssoroute.1"


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """An environment in which `ssoroute` is the one of this source tree, and a folder to be in."""
    monkeypatch.chdir(tmp_path)
    binaries = tmp_path / "bin"
    binaries.mkdir()
    script = binaries / "ssoroute"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m ssoroute "$@"\n')
    script.chmod(0o755)
    Path("corp.mobileconfig").touch()
    return environment(PATH=f"{binaries}{os.pathsep}{os.environ['PATH']}", TERM="dumb", PS1="$ ")


@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_the_script_of_a_shell(name: str) -> None:
    from click.shell_completion import get_completion_class

    result = invoke("completion", name)
    assert result.exit_code == 0
    made = get_completion_class(name)
    assert made
    expected = made(cli, {}, "ssoroute", "_SSOROUTE_COMPLETE")
    wanted = expected.source_template % expected.source_vars()
    assert [line.rstrip() for line in result.stdout.splitlines()] == [
        line.rstrip() for line in wanted.splitlines()
    ]


def test_another_shell_is_misuse() -> None:
    assert run("completion", "tcsh").returncode == 2
    assert run("completion").returncode == 2


def asked(words: str, position: int) -> subprocess.CompletedProcess[bytes]:
    return run(_SSOROUTE_COMPLETE="bash_complete", COMP_WORDS=words, COMP_CWORD=str(position))


def test_main_answers_the_script() -> None:
    done = asked("ssoroute expl", 1)
    assert (done.stdout, done.stderr, done.returncode) == (b"plain,explain\n", b"", 0)
    assert run("completion", "bash", _SSOROUTE_COMPLETE="bash_nonsense").returncode == 1
    assert run("route", _SSOROUTE_COMPLETE="").returncode == 2


@pytest.mark.parametrize(
    ("words", "position"),
    [("ssoroute route -p co", 3), ("ssoroute test co", 2), ("ssoroute show --device c", 3)],
)
def test_files_are_left_to_the_shell(words: str, position: int) -> None:
    assert asked(words, position).stdout.startswith(b"file,")


def test_a_closed_pipe_ends_it_quietly() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as stdout:
        done = subprocess.run(
            [sys.executable, "-m", "ssoroute"],
            stdout=stdout,
            stderr=subprocess.PIPE,
            env=environment(
                _SSOROUTE_COMPLETE="bash_complete", COMP_WORDS="ssoroute ", COMP_CWORD="1"
            ),
            timeout=60,
            check=False,
        )
    assert (done.stderr, done.returncode) == (b"", 141)


COMPLETE = """
eval "$(ssoroute completion bash)"
COMP_WORDS=({words}) COMP_CWORD={position}
compopt() {{ echo compopt "$@"; }}
_ssoroute_completion ssoroute
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.mark.skipif(BASH is None, reason="bash is not installed")
@pytest.mark.parametrize(
    ("words", "position", "replies"),
    [
        ("ssoroute ro", 1, {"route"}),
        ("ssoroute route --matching s", 3, {"system", "strict"}),
        ("ssoroute route --ex", 2, {"--exit-code"}),
        ("ssoroute completion z", 2, {"zsh"}),
        ("ssoroute test --rec", 2, {"--record"}),
        ("ssoroute route --profiles co", 3, {"compopt -o default", ""}),
        ("ssoroute nonsense", 1, {""}),
    ],
)
def test_bash_gets_its_replies(
    shell: dict[str, str], words: str, position: int, replies: set[str]
) -> None:
    script = COMPLETE.format(words=words, position=position)
    done = subprocess.run(
        [str(BASH), "--norc", "--noprofile", "-c", script],
        capture_output=True,
        text=True,
        env=shell,
        timeout=60,
        check=False,
    )
    assert done.stderr == ""
    assert set(done.stdout.splitlines()) == replies


def typed(arguments: list[str], keys: list[tuple[str, str]], env: dict[str, str]) -> str:
    """What a shell on a terminal shows; each of `keys` is typed after the text it waits for."""
    process, terminal = pty.fork()
    if not process:  # pragma: no cover - the shell
        os.execvpe(arguments[0], arguments, env)  # noqa: S606 - a shell is what it is to be
    shown = ""
    try:
        for awaited, text in keys:
            deadline = time.monotonic() + 60
            while awaited not in shown and time.monotonic() < deadline:
                ready, _, _ = select.select([terminal], [], [], 1)
                if ready:
                    shown += os.read(terminal, 65536).decode("utf-8", "replace")
            assert awaited in shown, shown
            os.write(terminal, text.encode())
    finally:
        os.close(terminal)
        os.waitpid(process, 0)
    return shown


@pytest.mark.skipif(BASH is None, reason="bash is not installed")
def test_the_tab_key_of_bash(shell: dict[str, str]) -> None:
    typed(
        [str(BASH), "--norc", "--noprofile", "-i"],
        [
            ("$ ", 'eval "$(ssoroute completion bash)"; echo re""ady\n'),
            ("ready\r\n", "ssoroute expl\t"),
            ("ssoroute explain", "--cal\t"),
            ("--caller ", "com.example -p cor\t"),
            ("corp.mobileconfig", "\x03exit\n"),
            ("exit", ""),
        ],
        shell,
    )


ZSH = """
autoload -U compinit && compinit -u -D
eval "$(ssoroute completion zsh)"
print -r -- $_comps[ssoroute]
"""


@pytest.mark.skipif(shutil.which("zsh") is None, reason="zsh is not installed")
def test_zsh_takes_the_script(shell: dict[str, str]) -> None:
    done = subprocess.run(
        ["zsh", "-f", "-c", ZSH], capture_output=True, text=True, env=shell, timeout=60, check=False
    )
    assert (done.stdout, done.stderr) == ("_ssoroute_completion\n", "")


@pytest.mark.skipif(shutil.which("fish") is None, reason="fish is not installed")
def test_fish_completes(shell: dict[str, str]) -> None:
    script = "ssoroute completion fish | source; complete --do-complete 'ssoroute expl'"
    done = subprocess.run(
        ["fish", "--no-config", "-c", script],
        capture_output=True,
        text=True,
        env=shell,
        timeout=60,
        check=False,
    )
    assert done.stdout.split()[0] == "explain"


def test_version_tells_whether_it_is_accelerated() -> None:
    kind = "accelerated" if accelerated else "pure Python"
    shown = run("--version").stdout.decode()
    assert re.fullmatch(rf"ssoroute (\S+ \({kind}\)|\(not installed, {kind}\))\n", shown)
    # SSOROUTE_PURE chooses the pure module although there is a compiled one
    shown = run("--version", SSOROUTE_PURE="1").stdout.decode()
    assert shown.endswith("pure Python)\n")


def test_the_man_page_is_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, "tools/man_page.py", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env=environment(),
        check=False,
    )
    assert (done.stderr, done.returncode) == ("", 0)


def test_the_man_page_names_every_command_and_option() -> None:
    text = PAGE.read_text(encoding="utf-8").replace(r"\-", "-")
    for name, command in cli.every_command().items():
        assert f'.SS "ssoroute {name}"\n' in text
        for parameter in command.params:
            for option in parameter.opts if isinstance(parameter, click.Option) else ():
                assert option in text


AWKWARD = [
    ".TH no macro",
    "'nor this",
    r"\fBback\e slash\n",
    "--os -p a-b",
    "^ ~ ` ' \"",
    "é… 𝄞",
    "  two spaces",
]


def test_troff_prints_exactly_what_was_written(monkeypatch: pytest.MonkeyPatch) -> None:
    groff = shutil.which("groff")
    if groff is None:
        pytest.skip("groff is not installed")
    monkeypatch.syspath_prepend(ROOT / "tools")
    troff = import_module("man_page").troff
    source = ".nf\n" + "\n".join(map(troff, AWKWARD)) + "\n"
    done = subprocess.run(
        [groff, "-Tutf8", "-ww"],
        input=source.encode("ascii"),
        capture_output=True,
        env=environment(GROFF_NO_SGR="1"),
        check=False,
    )
    assert done.stderr == b""
    # without the man macros, older ones print a minus sign where they print a hyphen-minus
    shown = done.stdout.decode().replace("\N{MINUS SIGN}", "-")
    assert [line for line in shown.splitlines() if line] == AWKWARD


@pytest.mark.parametrize(
    "command",
    [
        ["groff", "-man", "-ww", "-Tutf8", "-z"],
        ["mandoc", "-Tlint", "-Wwarning"],
        ["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z"],
    ],
    ids=lambda command: command[0],
)
def test_the_man_page_renders_without_warnings(command: list[str]) -> None:
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    done = subprocess.run([*command, PAGE], capture_output=True, text=True, check=False)
    assert (done.stderr, done.returncode) == ("", 0)
    if command[0] == "mandoc":
        assert done.stdout == ""
