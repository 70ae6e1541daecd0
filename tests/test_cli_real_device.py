"""A real device on the command line: each command on the made-up sysdiagnose, and bad ones."""

from __future__ import annotations

import gzip
import io
import json
import os
import plistlib
import shutil
import stat
import sys
import tarfile
import time
import tomllib
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import ssoroute
from cli_world import ROOT, invoke
from ssoroute.cli.views.device import device_file
from ssoroute.loaders.findings import Report
from ssoroute.model.device import Approval
from ssoroute.model.finding import LoadError
from ssoroute.model.source import Source
from ssoroute.real_device import read_sources

SAMPLE = ROOT / "examples" / "device" / "sysdiagnose_2026.01.02_made-up"
ENTRA = "com.microsoft.CompanyPortalMac.ssoextension"
LOGIN = "https://login.microsoftonline.com/common/"
STS = "https://sts.windows.net/"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with the sysdiagnose as `d` and as `d.tar.gz`."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(SAMPLE, "d")
    with tarfile.open("d.tar.gz", "w:gz") as archive:
        archive.add(SAMPLE, SAMPLE.name)
    return tmp_path


MISSING = (
    "missing: extensions: an extension that is not installed gets nothing; every extension that a"
    " profile names is taken as installed (on a Mac, `pluginkit -m` lists them)"
)


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("path", ["d", "d.tar.gz"])
@pytest.mark.parametrize("option", ["--sysdiagnose", "--device-folder"])
def test_route(path: str, option: str) -> None:
    result = invoke("route", option, path, LOGIN, STS)
    assert (result.stderr, result.exit_code) == (f"{path}: {MISSING}\n", 0)
    assert result.stdout.splitlines() == [
        f"handle  {ENTRA}  url_prefix https://login.microsoftonline.com  {LOGIN}",
        f"do_not_handle  -  no_match  {STS}",
    ]


@pytest.mark.usefixtures("folder")
def test_explain_names_the_source_of_each_fact() -> None:
    shown = invoke("explain", "--sysdiagnose", "d.tar.gz", STS).stdout
    assert "\nwhat the device says\n  macOS 15.4 (sw_vers.txt, line 2)\n" in shown
    assert "  authsrv:login.microsoft.com approved (swcutil_show.txt, line 16)\n" in shown
    assert "  authsrv:sts.windows.net not approved (swcutil_show.txt, line 25)\n" in shown
    assert "logs say" not in shown


@pytest.mark.usefixtures("folder")
def test_logs_stand_beside_the_answer() -> None:
    shown = " ".join(invoke("explain", "--sysdiagnose", "d", LOGIN).stdout.split())
    assert "the extension got a request to login.microsoftonline.com and ignored it" in shown
    document = json.loads(invoke("explain", "--json", "--sysdiagnose", "d", LOGIN).stdout)
    assert document["decision"]["outcome"] == "handle"
    assert document["device_facts"][0] == {
        "kind": "version",
        "text": "macOS 15.4",
        "source": {"file": "sw_vers.txt", "path": "line 2"},
    }
    assert [fact["source"]["path"] for fact in document["log_facts"]] == ["line 1", "line 2"]


@pytest.mark.usefixtures("folder")
def test_the_other_commands() -> None:
    assert ENTRA in invoke("show", "--sysdiagnose", "d").stdout
    checked = invoke("check", "--sysdiagnose", "d")
    assert "warning SSO804: the system removes `https://sts.windows.net`" in checked.stdout
    assert checked.exit_code == 1
    assert invoke("diff", "d", "d.tar.gz").exit_code == 0
    assert invoke("diff", "--sysdiagnose", "d", "d.tar.gz").exit_code == 0
    profile = ROOT / "examples" / "profiles" / "entra.mobileconfig"
    assert invoke("diff", "--sysdiagnose", "d", str(profile)).exit_code == 1
    assert invoke("diff", str(profile), "d").exit_code == 1
    Path("r.jsonl").write_text(json.dumps({"url": LOGIN}) + "\n", encoding="utf-8")
    assert invoke("replay", "--sysdiagnose", "d", "--jobs", "1", "r.jsonl").exit_code == 0
    table = f'profiles = "none"\n[[routes]]\nurl = "{LOGIN}"\nextension = "{ENTRA}"\n'
    Path("t.toml").write_text(table, encoding="utf-8")
    assert invoke("test", "--sysdiagnose", "d", "t.toml").exit_code == 0


@pytest.mark.usefixtures("folder")
def test_profiles_and_a_device_file_are_added() -> None:
    text = f'[associated_domains."{ENTRA}"]\n"sts.windows.net" = "approved"\n'
    Path("more.toml").write_text(text, encoding="utf-8")
    result = invoke("route", "--sysdiagnose", "d", "--device", "more.toml", STS)
    assert result.stdout.startswith("handle")
    shown = invoke("explain", "--sysdiagnose", "d", "--device", "more.toml", STS).stdout
    assert "swcutil" not in shown
    shown = invoke("show", "--sysdiagnose", "d", "--os", "macOS@26.0").stdout
    assert shown.startswith("macOS 26.0")
    entra = str(ROOT / "examples" / "profiles" / "entra.mobileconfig")
    # The profile has the identifier of an installed one, so it is an update.
    result = invoke(
        "route", "--sysdiagnose", "d", "-p", entra, "--caller", "com.example.kiosk", LOGIN
    )
    assert "caller_denied" in result.stdout


@pytest.mark.usefixtures("folder")
def test_misuse() -> None:
    result = invoke("route", "--sysdiagnose", "d", "--device-folder", "d", LOGIN)
    assert result.exit_code == 2
    assert "each name a device; leave one out" in result.stderr
    result = invoke("diff", "--sysdiagnose", "d", "a", "b")
    assert result.exit_code == 2
    result = invoke("test", "--record", "t.toml", "--requests", "r", "--sysdiagnose", "d")
    assert "so a real device cannot be recorded" in result.stderr


def test_a_sysdiagnose_that_is_cut(folder: Path) -> None:
    data = (folder / "d.tar.gz").read_bytes()
    (folder / "d.tar.gz").write_bytes(data[: len(data) - 300])
    result = invoke("route", "--sysdiagnose", "d.tar.gz", "-p", "d", LOGIN)
    assert "d.tar.gz: error: the archive cannot be read to its end" in result.stderr
    assert result.exit_code == 3


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"hello", ("d.tar.gz: error: not a sysdiagnose: neither a folder nor a tar archive"
         " (.tar.gz or .tar) [SSO033]; name a profile or a dump with --profiles")),
        (gzip.compress(b"hello" * 999, mtime=0),
         ("d.tar.gz: error: the archive cannot be read to its end: a header is damaged;"
          " what follows is missing [SSO033]")),
        (None, "d.tar.gz: error: no file in it says anything about SSO [SSO034]"),
    ],
)  # fmt: skip
def test_what_is_not_a_sysdiagnose(folder: Path, data: bytes | None, message: str) -> None:
    if data is None:
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
            archive.addfile(tarfile.TarInfo("top/nothing.txt"))
        data = buffer.getvalue()
    (folder / "d.tar.gz").write_bytes(data)
    result = invoke("explain", "--sysdiagnose", "d.tar.gz", LOGIN)
    assert (result.stdout, result.stderr, result.exit_code) == ("", f"{message}\n", 3)


def test_a_source_that_cannot_be_read_is_reported_and_the_rest_counts(folder: Path) -> None:
    (folder / "d" / "sw_vers.txt").write_text("ProductName: x\n", encoding="utf-8")
    (folder / "d" / "swcutil_show.txt").write_text("hello\n", encoding="utf-8")
    (folder / "d" / "SystemProfiler" / "profiles.xml").write_text("<plist>", encoding="utf-8")
    result = invoke("route", "--sysdiagnose", "d", LOGIN)
    assert result.stdout.startswith("handle")
    assert result.exit_code == 3
    assert "d: swcutil_show.txt: error: not the output of a known tool [SSO034]" in result.stderr
    assert "d: missing: version: " in result.stderr
    assert "d: missing: approvals: " in result.stderr


def test_without_profiles_they_are_asked_for(folder: Path) -> None:
    shutil.rmtree(folder / "d" / "SystemProfiler")
    result = invoke("route", "--sysdiagnose", "d", LOGIN)
    assert result.exit_code == 3
    assert result.stderr.endswith("d: error: no profiles; name them with -p\n")


def test_crlf(folder: Path) -> None:
    for path in (folder / "d").rglob("*.txt"):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert (
        invoke("route", "--sysdiagnose", "d", STS).stdout == f"do_not_handle  -  no_match  {STS}\n"
    )


@pytest.mark.usefixtures("folder")
def test_device_show_gives_a_device_file() -> None:
    result = invoke("device", "show", "d.tar.gz", "--output", "mac.toml")
    assert (result.stderr, result.exit_code) == ("", 0)
    assert "\nwhat no source says\n  extensions: " in result.stdout
    text = Path("mac.toml").read_text(encoding="utf-8")
    assert '"sts.windows.net" = "not_approved"  # swcutil_show.txt, line 25' in text
    assert text.splitlines()[1] in result.stdout
    assert tomllib.loads(text)["version"] == "15.4"
    again = invoke(
        "route", "-p", "d/SystemProfiler/SPConfigurationProfileDataType.spx",
        "--device", "mac.toml", STS,
    )  # fmt: skip
    assert (again.stdout, again.stderr) == (f"do_not_handle  -  no_match  {STS}\n", "")


def test_device_show_tells_where_sources_disagree(folder: Path) -> None:
    text = (folder / "d" / "swcutil_show.txt").read_text(encoding="utf-8")
    (folder / "other.txt").write_text(text.replace("denied", "approved"), encoding="utf-8")
    (folder / "old.txt").write_text("ProductName: macOS\nProductVersion: 14.0\n", encoding="utf-8")
    (folder / "kit.txt").write_text(f"-    {ENTRA}(5.1)\n", encoding="utf-8")
    result = invoke("device", "show", "--json", "d", "other.txt", "old.txt", "kit.txt")
    document = json.loads(result.stdout)
    assert [found["text"] for found in document["contradictions"]] == [
        (
            "authsrv:sts.windows.net for UBF8T346G9.com.microsoft.CompanyPortalMac is approved and"
            " is not; it is taken as unknown"
        ),
        "macOS 15.4 or macOS 14.0; the first is taken",
    ]
    assert document["missing"] == {}
    installed = document["device"]["installed_extensions"]
    assert [item["bundle_id"] for item in installed] == [
        "com.apple.AppSSOKerberos.KerberosExtension"
    ]


def test_teams_come_from_app_ids(folder: Path) -> None:
    (folder / "d" / "pluginkit.txt").write_text(f"+    {ENTRA}(5.1)\n", encoding="utf-8")
    real = ssoroute.load_sysdiagnose(folder / "d")
    assert real.missing == ()
    assert real.device.installed_extensions is not None
    assert str(real.device.installed_extensions[0]) == f"{ENTRA} (UBF8T346G9)"
    approvals = real.device.domains_of(real.device.installed_extensions[0])
    assert approvals["sts.windows.net"] is Approval.NOT_APPROVED
    shown = invoke("explain", "--sysdiagnose", "d", LOGIN).stdout
    assert f"{ENTRA} installed (pluginkit.txt, line 1)" in shown


DUMP = plistlib.dumps({
    "_computerlevel": [{
        "ProfileIdentifier": "com.example.entra",
        "ProfileRemovalPasscode": "SECRET-1",
        "ProfileItems": [
            {
                "PayloadType": "com.apple.extensiblesso",
                "PayloadContent": {
                    "ExtensionIdentifier": ENTRA,
                    "TeamIdentifier": "UBF8T346G9",
                    "Type": "Redirect",
                    "URLs": [LOGIN, "https://user:SECRET-2@a.example/"],
                    "ExtensionData": {"AppAllowList": "SECRET-3", "n": 1},
                    "RegistrationToken": "SECRET-4",
                    "Strange": "SECRET-5",
                    "PlatformSSO": {"RegistrationToken": "SECRET-6", "LoginFrequency": 64800},
                },
            },
            {"PayloadType": "com.apple.wifi.managed", "PayloadContent": {"Password": "SECRET-7"}},
        ],
    }],
})  # fmt: skip
TOOLS = {
    "sw_vers": "printf 'ProductName: macOS\\nProductVersion: 15.4\\n'",
    "profiles": 'cat "$(dirname "$0")/dump"',
    "swcutil": 'cat "$(dirname "$0")/approvals"',
    "pluginkit": f"echo '+    {ENTRA}(5.1)'",
    "system_profiler": 'cat "$(dirname "$0")/report"',
    "app-sso": "printf 'Time: x\\nDevice Configuration:\\n{\"extensionIdentifier\":\"a.b\","
    "\"loginUserName\":\"SECRET-8\"}\\nSSO Tokens:\\nSECRET-9\\n'",
}  # fmt: skip


@pytest.fixture
def mac(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand-ins for a Mac's commands, first on the PATH."""
    tools = folder / "tools"
    tools.mkdir()
    for name, script in TOOLS.items():
        write_tool(tools / name, script)
    (tools / "dump").write_bytes(DUMP)
    shutil.copy(SAMPLE / "swcutil_show.txt", tools / "approvals")
    report = (SAMPLE / "SystemProfiler" / "SPConfigurationProfileDataType.spx").read_bytes()
    secret = b"RegistrationToken = &quot;SECRET-A&quot;; Strange = (SECRET-B); Type = Redirect;"
    report = report.replace(b"Type = Redirect;", secret.replace(b"&quot;", b'"'))
    (tools / "report").write_bytes(report)
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
    return tools


def write_tool(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)


@pytest.mark.usefixtures("mac")
@pytest.mark.parametrize("output", ["mac", "mac.tar.gz"])
def test_collect(output: str) -> None:
    result = invoke("device", "collect", "--output", output)
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[0] == f"{output}: sw_vers.txt"
    assert result.stdout.splitlines()[-1] == f"now: ssoroute explain --device-folder {output} URL"
    assert stat.S_IMODE(Path(output).stat().st_mode) & 0o077 == 0
    if output == "mac":
        written = b"".join(path.read_bytes() for path in Path(output).iterdir())
    else:
        written = gzip.decompress(Path(output).read_bytes())
    assert b"SECRET" not in written
    assert b"com.example.entra" in written
    shown = invoke("explain", "--device-folder", output, LOGIN)
    assert "handle (url_prefix)" in shown.stdout
    assert f"{ENTRA} installed (pluginkit.txt, line 1)" in shown.stdout
    again = invoke("device", "collect", "--output", output)
    assert again.exit_code == 3
    assert "it already exists" in again.stderr


def test_collect_goes_on_when_a_command_fails(mac: Path) -> None:
    write_tool(mac / "profiles", "echo 'you must be root' >&2; exit 1")
    write_tool(mac / "swcutil", "sleep 60 & wait")
    write_tool(mac / "app-sso", "echo hello")
    write_tool(mac / "pluginkit", "true")
    started = time.monotonic()
    result = invoke("device", "collect", "--output", "mac", "--timeout", "1")
    assert time.monotonic() - started < 20
    assert result.exit_code == 3
    errors = [line for line in result.stderr.splitlines() if line.startswith("error: ")]
    assert errors == [
        (
            "error: `profiles show -output stdout-xml` failed (1): `you must be root`; it would say"
            " the installed profiles"
        ),
        (
            "error: `swcutil show` gave no answer within 1 seconds; it would say the approvals of"
            " associated domains"
        ),
        (
            "error: `pluginkit -m -p com.apple.AppSSO.idp-extension` printed nothing; it would say"
            " the installed extensions"
        ),
        (
            "error: what `app-sso platform -s` printed cannot be read: not the output of `app-sso"
            " platform -s`; it would say the state of Platform SSO"
        ),
    ]
    assert sorted(path.name for path in Path("mac").iterdir()) == [
        "SPConfigurationProfileDataType.spx",
        "sw_vers.txt",
    ]


@pytest.mark.skipif(sys.platform == "darwin", reason="this is a Mac")
@pytest.mark.usefixtures("folder")
def test_elsewhere_the_commands_are_printed() -> None:
    result = invoke("device", "collect")
    assert result.exit_code == 1
    assert result.stdout.splitlines()[:3] == [
        "sw_vers > sw_vers.txt",
        "sudo profiles show -output stdout-xml > profiles.xml",
        "sudo swcutil show > swcutil_show.txt",
    ]
    assert result.stderr.startswith("this is not a Mac: ")


def test_an_iphone(folder: Path) -> None:
    shared = folder / "i" / "logs" / "MCState" / "Shared"
    shared.mkdir(parents=True)
    (folder / "i" / "sw_vers.txt").write_text(
        "ProductName:\tiPhone OS\nProductVersion:\t18.2\n", encoding="utf-8"
    )
    content = {
        "PayloadType": "com.apple.extensiblesso",
        "ExtensionIdentifier": "com.microsoft.azureauthenticator.ssoextension",
        "Type": "Redirect",
        "URLs": ["https://login.microsoftonline.com"],
    }
    profile = {"PayloadIdentifier": "a", "PayloadContent": [content]}
    (shared / "profile-0a.stub").write_bytes(plistlib.dumps(profile, fmt=plistlib.FMT_BINARY))
    (shared / "profile-0b.stub").write_bytes(b"bplist00 that is damaged")
    (folder / "i" / "swcutil_show.txt").write_text(
        "Service: authsrv\nApp ID: SGGM6D27TK.com.microsoft.azureauthenticator\n"
        "Domain: login.microsoftonline.com\nSite/Fmwk Approval: denied\n",
        encoding="utf-8",
    )
    result = invoke("route", "--sysdiagnose", "i", LOGIN)
    assert result.stdout.startswith(
        "do_not_handle  com.microsoft.azureauthenticator.ssoextension  domain_not_approved"
    )
    assert "profile-0b.stub: error: " in result.stderr
    assert result.exit_code == 3


def test_the_device_profiles_of_another_source_count_if_the_first_lists_none(folder: Path) -> None:
    """Without root, `profiles show` lists those of the user only."""
    mine = {"ProfileIdentifier": "mine", "ProfileItems": []}
    (folder / "d" / "profiles.xml").write_bytes(plistlib.dumps({"jdoe": [mine]}))
    real = ssoroute.load_sysdiagnose("d")
    assert [profile.identifier for profile in real.profiles] == [
        "com.example.entra",
        "com.example.kerberos",
        "mine",
    ]
    assert [found.text.partition(" lists the profile ")[2] for found in real.contradictions] == [
        "com.example.entra; it counts",
        "com.example.kerberos; it counts",
        "mine; it counts",
    ]
    assert invoke("route", "--sysdiagnose", "d", LOGIN).stdout.startswith("handle")


def test_platform_sso_that_no_profile_names(folder: Path) -> None:
    (folder / "d" / "app-sso_platform.txt").write_text(
        'Device Configuration:\n{"extensionIdentifier": "com.example.other"}\n', encoding="utf-8"
    )
    (found,) = ssoroute.load_sysdiagnose("d").contradictions
    assert found.text == "Platform SSO is set up with com.example.other, and no profile names it"


def test_a_declaration_without_its_keys_is_asked_for(folder: Path) -> None:
    (folder / "d" / "logs" / "rmd" / "rmd_inspect_system.txt").write_text(
        "{ a = ( { type = com.apple.configuration.extensible-sso; active = 1; } ); }",
        encoding="utf-8",
    )
    result = invoke("route", "--sysdiagnose", "d", LOGIN)
    assert "d: missing: declarations: the device has a declaration" in result.stderr


_TEXTS = sorted(path.read_bytes() for path in SAMPLE.rglob("*") if path.is_file())


@given(st.lists(st.tuples(st.sampled_from(_TEXTS), st.integers(0, 3000), st.binary(max_size=30))))
def test_changed_sources_are_answered(changes: list[tuple[bytes, int, bytes]]) -> None:
    sources = [
        (Source(f"{number}.txt"), text[:at] + data + text[at + len(data) :])
        for number, (text, at, data) in enumerate(changes)
    ]
    with suppress(LoadError):
        real = read_sources(sources, Report(), "x")
        router = ssoroute.Router.from_profiles(real.profiles, device=real.device)
        router.route(LOGIN)
        assert tomllib.loads(device_file(real)) is not None
        assert json.dumps(real.to_json())
