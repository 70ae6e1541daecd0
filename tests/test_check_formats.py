"""The forms of the answer: each holds what there is to say, and nothing that it must not."""

from __future__ import annotations

import hashlib
import json
import re
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree as ET

import jsonschema  # type: ignore[import-untyped]
import pytest
from click.testing import CliRunner, Result

from check_world import credential, profile, psso, redirect
from ssoroute.checks.rules import rules
from ssoroute.cli.check import check

DATA: Final = Path(__file__).parent / "data"
SCHEMA: Final = DATA / "sarif" / "sarif-2.1.0.json"

#: Everything that must never be shown.
SECRETS: Final = ("hunter2", "token-of-the-device", "vendor-secret", "scep-challenge")
HOSTILE: Final = "https://login.example.com/\x1b[31m\u202e\n::error::x]]>&<b>"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(check, list(arguments))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two profiles that clash, with secrets; one that is broken; one that is sound."""
    monkeypatch.chdir(tmp_path)
    secretive = redirect(
        "https://user:hunter2@login.example.com/",
        "https://user:hunter2@login.example.com/?",
        "https://login.example.com",
        RegistrationToken="token-of-the-device",
        ExtensionData={"secret": "vendor-secret", "$URL": "https://a:hunter2@h/"},
        RegistrationTokn="token-of-the-device",
        Realm="token-of-the-device",
    )
    scep = {
        "PayloadType": "com.apple.security.scep",
        "PayloadContent": {"Challenge": "scep-challenge"},
    }
    write("a.mobileconfig", secretive, scep)
    write("b.mobileconfig", redirect("https://LOGIN.example.com/"), credential("*.example.com"))
    Path("c.mobileconfig").write_text("<plist><dict><key>x</key></dict>\n<&")
    write("d, d:d%.mobileconfig", redirect("https://id.example.com/a/"))
    write("e.mobileconfig", redirect(HOSTILE.replace("\x1b", "").replace("\n", " ")))
    return tmp_path


def write(name: str, *payloads: dict[str, Any], **top: Any) -> None:
    Path(name).write_bytes(profile(*payloads, name=name, **top).getvalue())


def on_one_line(name: str) -> None:
    """The profile without its line breaks, as some servers write it."""
    text = Path(name).read_text(encoding="utf-8")
    Path(name).write_text(re.sub(r"\n\s*", "", text), encoding="utf-8")


FORMS: Final = ("text", "short", "json", "sarif", "github", "gitlab", "junit")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("one_line", [False, True])
def test_no_secret_is_ever_shown(folder: Path, form: str, one_line: bool) -> None:
    if one_line:
        on_one_line("a.mobileconfig")
    result = run("--severity", "info", "--format", form, str(folder))
    assert result.exit_code == 3
    for code in ("SSO105", "SSO202", "SSO205", "SSO401", "SSO109"):
        assert code in result.output
    for secret in SECRETS:
        assert secret not in result.output
    assert "user:(hidden)@" in result.output


@pytest.mark.parametrize("form", FORMS)
def test_nothing_gets_out_unescaped(tmp_path: Path, form: str) -> None:
    declaration = {
        "Type": "com.apple.configuration.extensible-sso",
        "Identifier": HOSTILE,
        "Payload": {
            "Type": HOSTILE,
            "ExtensionComposedIdentifier": HOSTILE,
            HOSTILE: HOSTILE,
            "URLs": [HOSTILE],
            "DeniedBundleIdentifiers": [HOSTILE],
        },
    }
    path = tmp_path / "a.json"
    path.write_text(json.dumps(declaration), encoding="utf-8")
    for text in (declaration, {**declaration["Payload"], "Type": "Redirect"}):  # type: ignore[dict-item]
        path.write_text(json.dumps({**declaration, "Payload": text}), encoding="utf-8")
        output = run("--severity", "info", "--format", form, str(path)).output
        assert "\x1b" not in output
        assert "\u202e" not in output
        assert not re.search(r"^::error::x", output, flags=re.MULTILINE)


@pytest.mark.parametrize("form", FORMS)
def test_every_form_counts_the_same(folder: Path, form: str) -> None:
    wanted = json.loads(run("--format", "json", str(folder)).output)["findings"]
    codes = [finding["code"] for finding in wanted]
    output = run("--severity", "info", "--format", form, str(folder)).output
    patterns = {
        "text": r"(?:error|warning|info) (SSO\d+):",
        "json": r'"code": "(SSO\d+)"',
        "sarif": r'"ruleId": "(SSO\d+)"',
        "github": r"title=(SSO\d+)::",
        "short": r"(?m)^[^ ].*?: (SSO\d+) ",
        "gitlab": r'"check_name": "(SSO\d+)"',
        "junit": r'<testcase [^>]*name="(SSO\d+)',
    }
    found = re.findall(patterns[form], output)
    assert sorted(found) == sorted(codes)
    if form != "text":  # it has the errors first
        assert found == codes


def test_json(folder: Path) -> None:
    (finding,) = json.loads(run("--format", "json", "--select", "SSO401", str(folder)).output)[
        "findings"
    ][:1]
    a, b = (str(folder / f"{name}.mobileconfig") for name in "ab")
    assert finding == {
        "code": "SSO401",
        "severity": "error",
        "file": a,
        "path": "PayloadContent[0].URLs[1]",
        "line": 33,
        "column": 5,
        "value": "https://user:(hidden)@login.example.com/?",
        "message": "the URL `https://user:(hidden)@login.example.com/?` is listed twice:"
        " the system refuses the profile (iOS's code 54004)",
        "hint": "list it once",
        "authority": "documented",
        "related": [{"file": a, "path": "PayloadContent[0].URLs[0]"}],
        "witness": None,
    }
    assert b in json.dumps(run("--format", "json", str(folder)).output)


def test_json_has_a_witness(tmp_path: Path) -> None:
    path = tmp_path / "a.mobileconfig"
    path.write_bytes(profile(credential("www.example.com", ".example.com")).getvalue())
    (finding,) = json.loads(run("--format", "json", "--select", "SSO307", str(path)).output)[
        "findings"
    ]
    assert finding["witness"] == {
        "url": "https://www.example.com/",
        "caller": None,
        "response_code": 401,
        "screen_locked": False,
        "user_interface_enabled": True,
        "background_session": False,
    }


def test_json_of_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.mobileconfig"
    path.write_bytes(profile(credential("example.com")).getvalue())
    nothing = {"schema": 1, "findings": [], "ignored": 0, "known": 0}
    assert json.loads(run("--format", "json", str(path)).output) == nothing


def test_the_schema_is_the_one_that_its_readme_names() -> None:
    digest = hashlib.sha256(SCHEMA.read_bytes()).hexdigest()
    assert digest in (SCHEMA.parent / "README.md").read_text(encoding="utf-8")


def validate(log: object) -> None:
    schema = json.loads(SCHEMA.read_bytes())
    jsonschema.Draft202012Validator.check_schema(schema)
    checker = jsonschema.FormatChecker()
    jsonschema.Draft202012Validator(schema, format_checker=checker).validate(log)


def test_sarif_follows_its_schema(folder: Path) -> None:
    log = json.loads(run("--format", "sarif", str(folder)).output)
    validate(log)
    (sarif_run,) = log["runs"]
    driver = sarif_run["tool"]["driver"]
    assert [rule["id"] for rule in driver["rules"]] == list(rules())
    assert sarif_run["invocations"] == [{"executionSuccessful": False}]
    for result in sarif_run["results"]:
        assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert " " not in result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]


def test_sarif_of_nothing_follows_it_too(tmp_path: Path) -> None:
    path = tmp_path / "a.mobileconfig"
    path.write_bytes(profile(credential("example.com")).getvalue())
    log = json.loads(run("--format", "sarif", str(path)).output)
    validate(log)
    assert log["runs"][0]["results"] == []
    assert log["runs"][0]["invocations"] == [{"executionSuccessful": True}]


def test_the_schema_would_notice() -> None:
    with pytest.raises(jsonschema.ValidationError):
        validate({"version": "2.1.0", "runs": [{"results": []}]})


def test_a_result_of_sarif(folder: Path) -> None:
    output = run("--format", "sarif", "--select", "SSO401", str(folder)).output
    results = json.loads(output)["runs"][0]["results"]
    result = next(
        r
        for r in results
        if r["locations"][0]["logicalLocations"][0]["fullyQualifiedName"].endswith("URLs[1]")
    )
    fingerprint = result.pop("partialFingerprints")
    assert re.fullmatch("[0-9a-f]{32}", fingerprint["ssoroute/v1"])
    index = result.pop("ruleIndex")
    assert list(rules())[index] == "SSO401"
    uri = f"file://{folder}/a.mobileconfig"
    assert result == {
        "ruleId": "SSO401",
        "level": "error",
        "message": {
            "text": "the URL `https://user:(hidden)@login.example.com/?` is listed twice:"
            " the system refuses the profile (iOS's code 54004); list it once"
        },
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": uri},
                    "region": {"startLine": 33, "startColumn": 5},
                },
                "logicalLocations": [{"fullyQualifiedName": "PayloadContent[0].URLs[1]"}],
            }
        ],
        "relatedLocations": [
            {
                "id": 1,
                "physicalLocation": {"artifactLocation": {"uri": uri}},
                "logicalLocations": [{"fullyQualifiedName": "PayloadContent[0].URLs[0]"}],
            }
        ],
        "properties": {
            "authority": "documented",
            "value": "https://user:(hidden)@login.example.com/?",
        },
    }


@pytest.mark.usefixtures("folder")
def test_github() -> None:
    output = run("--format", "github", "--select", "SSO801", "d, d:d%.mobileconfig").output
    assert output == (
        "::notice file=d%2C d%3Ad%25.mobileconfig,line=30,col=4,title=SSO801::"
        "PayloadContent[0].URLs: `com.example.app.sso (EXAMPLE123)` needs"
        " `authsrv:id.example.com`; make sure that the app, its managed attributes or a profile"
        " lists these entries\n"
    )


def test_github_escapes_its_own_signs(tmp_path: Path) -> None:
    path = tmp_path / "a.mobileconfig"
    path.write_bytes(profile(redirect("https://h/100%/")).getvalue())
    output = run("--format", "github", "--select", "SSO201", str(path)).output
    assert "`https://h/100%25/`" in output


def test_junit(folder: Path) -> None:
    root = ET.fromstring(run("--format", "junit", str(folder)).output)
    suites = {Path(suite.attrib["name"]).name: suite for suite in root}
    assert list(suites) == [
        "a.mobileconfig",
        "b.mobileconfig",
        "d, d:d%.mobileconfig",
        "e.mobileconfig",
        "c.mobileconfig",
    ]
    for suite in root:
        cases = suite.findall("testcase")
        assert suite.attrib["tests"] == str(len(cases))
        assert suite.attrib["failures"] == str(len(suite.findall("testcase/failure")))
        assert suite.attrib["errors"] == str(len(suite.findall("testcase/error")))
    assert root.attrib["errors"] == "1"
    (error,) = suites["c.mobileconfig"].findall("testcase/error")
    assert error.attrib["type"] == "SSO006"


def test_junit_of_a_file_without_findings(tmp_path: Path) -> None:
    path = tmp_path / "a.mobileconfig"
    path.write_bytes(profile(credential("example.com")).getvalue())
    root = ET.fromstring(run("--format", "junit", str(path)).output)
    assert [case.attrib["name"] for case in root.iter("testcase")] == ["no findings"]
    assert root.attrib == {
        "name": "ssoroute check",
        "tests": "1",
        "failures": "0",
        "errors": "0",
    }


NO_WILDCARDS: Final = "`*.example.com` never matches: hosts have no wildcards"


@pytest.mark.usefixtures("folder")
def test_text() -> None:
    output = run("--select", "SSO302", "b.mobileconfig", "d, d:d%.mobileconfig").output
    assert output.split("\n") == [
        "b.mobileconfig",
        "  52:5: PayloadContent[1].Hosts[0]: error SSO302: " + NO_WILDCARDS,
        "        52 | <string>*.example.com</string>",
        "           | ^",
        "        hint: write `.example.com`, and `example.com` for that host itself",
        "        rule: observed, see `ssoroute check --explain SSO302`",
        "",
        "1 error in 2 files",
        "",
    ]


def test_text_names_the_other_place_and_the_witness(tmp_path: Path) -> None:
    path = tmp_path / "a.mobileconfig"
    path.write_bytes(profile(credential("www.example.com", ".example.com")).getvalue())
    lines = run("--severity", "info", "--select", "SSO307", str(path)).output.split("\n")
    assert "        witness: https://www.example.com/ (with a challenge, 401)" in lines
    assert f"        see also: {path}: PayloadContent[0].Hosts[1]" in lines


def test_text_of_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.mobileconfig"
    path.write_bytes(profile(credential("example.com")).getvalue())
    assert run(str(path)).output == "nothing found in 1 file\n"


def test_text_shows_a_key_and_not_its_value(tmp_path: Path) -> None:
    path = tmp_path / "a.mobileconfig"
    path.write_bytes(profile(psso(), redirect("https://h/", RegistrationTokn="hunter2")).getvalue())
    output = run("--select", "SSO105", str(path)).output
    assert "<key>RegistrationTokn</key>" in output
    assert "hunter2" not in output


def test_a_very_long_line_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "a.mobileconfig"
    path.write_bytes(profile(redirect(f"https://login.example.com/{'a' * 5000}")).getvalue())
    output = run("--select", "SSO203", str(path)).output
    lines = [line for line in output.split("\n") if "witness: " not in line]
    assert max(map(len, lines)) < 400


@pytest.mark.usefixtures("folder")
def test_short() -> None:
    output = run("--format", "short", "--select", "SSO302,SSO0", "b.mobileconfig", "c.mobileconfig")
    hosts, broken = output.output.splitlines()
    assert hosts == f"b.mobileconfig:52:5: SSO302 PayloadContent[1].Hosts[0]: {NO_WILDCARDS}"
    assert broken.startswith("c.mobileconfig:2:2: SSO006 not well-formed XML")


@pytest.mark.usefixtures("folder")
def test_gitlab() -> None:
    (issue,) = json.loads(run("--format", "gitlab", "--select", "SSO302", "b.mobileconfig").output)
    assert re.fullmatch("[0-9a-f]{32}", issue.pop("fingerprint"))
    assert issue == {
        "description": f"PayloadContent[1].Hosts[0]: {NO_WILDCARDS}; write `.example.com`, and"
        " `example.com` for that host itself",
        "check_name": "SSO302",
        "severity": "critical",
        "location": {"path": "b.mobileconfig", "lines": {"begin": 52}},
    }


def test_no_two_issues_of_gitlab_have_one_fingerprint(folder: Path) -> None:
    issues = json.loads(run("--format", "gitlab", str(folder)).output)
    marks = [issue["fingerprint"] for issue in issues]
    assert len(set(marks)) == len(marks) > 10


@pytest.mark.usefixtures("folder")
def test_statistics() -> None:
    write("f.mobileconfig", credential("*.a.example", "*.b.example", ".c.example"))
    output = run("--statistics", "--select", "SSO302", "b.mobileconfig", "f.mobileconfig")
    assert output.output.splitlines()[0] == f"3  SSO302  {rules()['SSO302'].title}"
    assert output.exit_code == 1


def test_sarif_links_rules_to_the_documentation_that_the_package_names(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rule() -> Any:
        log = json.loads(run("--format", "sarif", str(folder)).output)
        validate(log)
        return next(r for r in log["runs"][0]["tool"]["driver"]["rules"] if r["id"] == "SSO202")

    assert "helpUri" not in rule()
    named = EmailMessage()
    named["Project-URL"] = "Homepage, https://h.example"
    named["Project-URL"] = "Documentation, https://docs.example/ssoroute"
    monkeypatch.setattr("importlib.metadata.metadata", lambda _name: named)
    assert rule()["helpUri"] == "https://docs.example/ssoroute/check.md#sso202"
