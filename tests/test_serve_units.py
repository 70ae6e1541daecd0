"""The units of docs/serve.md, for systemd and launchd, are valid and start what they say."""

from __future__ import annotations

import configparser
import plistlib
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import click
import pytest

from cli_world import ROOT
from ssoroute.cli import cli

PAGE = (ROOT / "docs" / "serve.md").read_text(encoding="utf-8")


def block(language: str, first: str) -> str:
    """The block of the page whose first line is `first`, without that line."""
    pattern = rf"^```{language}\n{re.escape(first)}\n(.*?)^```$"
    (text,) = re.findall(pattern, PAGE, re.MULTILINE | re.DOTALL)
    return str(text)


def parameters(command: list[str]) -> dict[str, object]:
    """What the command line understands of the arguments of `ssoroute serve`."""
    serve = cli.get_command(click.Context(cli), "serve")
    assert serve is not None
    return serve.make_context("serve", list(command)).params


UNIT = block("ini", "# /etc/systemd/system/ssoroute.service")
PLIST = block("xml", "<!-- /Library/LaunchDaemons/com.example.ssoroute.plist -->")


def test_the_unit_of_systemd_is_what_the_page_means() -> None:
    unit = configparser.ConfigParser(interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign] # keys have capitals
    unit.read_string(UNIT)
    assert dict(unit["Install"]) == {"WantedBy": "multi-user.target"}
    program, command, *rest = shlex.split(unit["Service"].pop("ExecStart"))
    assert (program, command) == ("/opt/ssoroute/bin/ssoroute", "serve")
    given = parameters(rest)
    assert given["profiles"] == ("/etc/ssoroute/profiles",)
    assert given["watch"] is True
    assert given["uds"] == f"/run/{unit['Service']['RuntimeDirectory']}/http.sock"


def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is not installed")
    program = tmp_path / "ssoroute"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    unit = tmp_path / "ssoroute.service"
    unit.write_text(UNIT.replace("/opt/ssoroute/bin/ssoroute", str(program)))
    done = subprocess.run(
        [analyze, "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False
    )
    about = [line for line in done.stderr.splitlines() if "ssoroute" in line]
    assert (done.returncode, about) == (0, [])


def test_the_property_list_of_launchd_has_its_keys_and_types() -> None:
    found = plistlib.loads(PLIST.encode())
    program, command, *rest = found.pop("ProgramArguments")
    assert found == {"Label": "com.example.ssoroute", "KeepAlive": True}
    assert (program, command) == ("/opt/ssoroute/bin/ssoroute", "serve")
    given = parameters(rest)
    assert given["profiles"] == ("/etc/ssoroute/profiles",)
    assert given["watch"] is True
