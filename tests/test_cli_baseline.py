"""`ssoroute check --baseline`: what it hides, what is stale, and what is not a baseline."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from check_world import credential, redirect
from test_cli_check import codes, folder, run, write

__all__ = ["folder"]


def test_a_baseline_hides_what_is_known_and_nothing_else() -> None:
    path = write("a.mobileconfig", redirect("https://login.example.com"))
    written = run("--write-baseline", "known.json", path)
    assert written.exit_code == 0
    assert "SSO202" in written.output
    known = run("--baseline", "known.json", path)
    said = "nothing found in 1 file; 2 findings in the baseline\n"
    assert (known.exit_code, known.output) == (0, said)
    write("a.mobileconfig", redirect("https://id.example.com", "https://login.example.com"))
    new = run("--baseline", "known.json", "--format", "json", "--severity", "warning", path)
    assert [f["value"] for f in json.loads(new.stdout)["findings"]] == ["https://id.example.com"]
    assert new.exit_code == 1


def test_equal_findings_are_counted() -> None:
    path = write("a.mobileconfig", credential("*.a.example", DeniedBundleIdentifiers=["Safari"]))
    assert run("--write-baseline", "known.json", path).exit_code == 0
    write("a.mobileconfig", credential("*.a.example", DeniedBundleIdentifiers=["Safari", "Safari"]))
    assert codes(run("--baseline", "known.json", "--format", "json", path)) == ["SSO502"]


def test_a_baseline_does_not_depend_on_the_working_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("set").mkdir()
    path = write("set/a.mobileconfig", credential("*.example.com"))
    assert run("--write-baseline", "set/known.json", path).exit_code == 0
    (entry,) = json.loads(Path("set/known.json").read_text())["findings"]
    assert entry["file"] == "a.mobileconfig"
    assert run("--baseline", "set/known.json", str(Path(path).resolve())).exit_code == 0
    monkeypatch.chdir("set")
    assert run("--baseline", "known.json", "a.mobileconfig").exit_code == 0
    Path("other").mkdir()
    monkeypatch.chdir("other")
    assert run("--baseline", "../known.json", "../a.mobileconfig").exit_code == 0


def test_stale_entries_of_a_baseline_are_reported() -> None:
    first = write("a.mobileconfig", credential("*.a.example", "*.b.example"))
    second = write("b.mobileconfig", credential("*.c.example"))
    assert run("--write-baseline", "known.json", first, second).exit_code == 0
    write("a.mobileconfig", credential("*.a.example"))
    result = run("--baseline", "known.json", "--severity", "error", first)
    assert result.exit_code == 0
    assert result.stderr == (
        "known.json: stale: SSO302 in a.mobileconfig PayloadContent[].Hosts[]\n"
        "known.json: stale entries: 1; write it again with --write-baseline\n"
    )
    Path("b.mobileconfig").unlink()
    assert "stale entries: 2;" in run("--baseline", "known.json", first).stderr
    write("a.mobileconfig", credential("*.a.example", "*.b.example"))
    write("b.mobileconfig", credential("*.c.example"))
    assert run("--baseline", "known.json", first, second).stderr == ""


def test_a_baseline_does_not_hide_what_cannot_be_read() -> None:
    Path("a.mobileconfig").write_text("<plist")
    assert run("--write-baseline", "known.json", "a.mobileconfig").exit_code == 3
    assert run("--baseline", "known.json", "a.mobileconfig").exit_code == 3


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        '{"schema": 2, "findings": []}',
        '{"schema": 1, "findings": [{"code": 1}]}',
        "[" * 9999,
    ],
)
def test_what_is_no_baseline(content: str) -> None:
    path = write("a.mobileconfig", credential("example.com"))
    Path("known.json").write_text(content)
    result = run("--baseline", "known.json", path)
    assert result.exit_code == 3
    assert result.stderr.startswith("known.json: error: ")


def test_a_baseline_that_cannot_be_read_or_written() -> None:
    path = write("a.mobileconfig", credential("example.com"))
    for option in ("--baseline", "--write-baseline"):
        result = run(option, "no/such/folder.json", path)
        assert result.exit_code == 3
        assert "no/such/folder.json: error: cannot be" in result.stderr
