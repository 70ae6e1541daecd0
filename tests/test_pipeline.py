"""The action, the GitLab template and the hooks: they are valid, and their commands run."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree as ET

import pytest
import yaml

from cli_world import REDIRECT, ROOT, environment, invoke, write_profile
from ssoroute.loaders.files import ENDINGS

GOOD: Final = """\
profiles = "../profiles/corp.mobileconfig"
[[routes]]
url = "https://login.example.com/"
outcome = "handle"
"""
pytestmark = [
    pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed"),
    pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed"),
]


def read(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def git(*arguments: str) -> str:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", *identity, *arguments], capture_output=True, check=True)
    return done.stdout.decode().strip()


@pytest.fixture
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A repository to work in, with a profile and a table; the result is the first commit."""
    work = tmp_path / "work"
    (work / "profiles").mkdir(parents=True)
    (work / "my routes").mkdir()
    monkeypatch.chdir(work)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    Path("profiles/README.md").write_text("profiles")
    write_profile(Path("profiles/corp.mobileconfig"), REDIRECT)
    Path("my routes/a.routes.toml").write_text(GOOD)
    git("init", "--quiet")
    git("add", "--all")
    git("commit", "--quiet", "--message=x")
    script = tmp_path / "bin" / "ssoroute"
    script.parent.mkdir()
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m ssoroute "$@"\n')
    script.chmod(0o755)
    return git("rev-parse", "HEAD")


def shell(script: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run `script` as both services do: one shell, which ends with the first failure."""
    path = f"{Path('../bin').resolve()}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        capture_output=True,
        env=environment(PATH=path, **variables),
        encoding="utf-8",
        timeout=120,
        check=False,
    )


def step(name: str, **inputs: str) -> subprocess.CompletedProcess[str]:
    """Run a step of the action with these inputs, and the defaults of the others."""
    action = read("action.yml")
    values = {key: item["default"] for key, item in action["inputs"].items()} | inputs
    (found,) = [found for found in action["runs"]["steps"] if found.get("name") == name]
    variables = {
        key: re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda m: values[m[1]], text)
        for key, text in found["env"].items()
    }
    assert "${{" not in found["run"], "an input inside of a script could run as one"
    return shell(found["run"], GITHUB_STEP_SUMMARY="summary.md", **variables)


def test_the_action_is_one() -> None:
    action = read("action.yml")
    assert {"name", "description", "inputs", "runs"} == action.keys()
    assert action["runs"]["using"] == "composite"
    for item in action["inputs"].values():
        assert item["description"].endswith(".")
        assert isinstance(item["default"], str)
    for found in action["runs"]["steps"]:
        assert "uses" in found or (found["shell"] == "bash" and found["name"])
    documented = re.findall(
        r"^\| `([\w-]+)` \|", (ROOT / "docs/pipeline.md").read_text(), re.MULTILINE
    )
    assert documented[: len(action["inputs"])] == list(action["inputs"])
    assert "$GITHUB_ACTION_PATH" in action["runs"]["steps"][1]["run"]


@pytest.mark.usefixtures("base")
def test_the_step_that_checks() -> None:
    systems = "macOS@15.4\n\niOS@18\n"
    done = step("Check", profiles="profiles\n", os=systems)
    assert done.stderr == ""
    assert done.returncode == 1
    assert "::warning file=profiles/corp.mobileconfig," in done.stdout
    broken = {**REDIRECT, "Type": "Redirekt"}
    Path("a b").mkdir()
    write_profile(Path("a b/c.mobileconfig"), broken)
    done = step("Check", profiles="a b/c.mobileconfig\nprofiles")
    assert "::error file=a b/c.mobileconfig," in done.stdout


def test_the_step_that_compares(base: str) -> None:
    assert step("Compare", **{"compare-with": base}).returncode == 0
    assert Path("summary.md").read_text() == "**no request is answered differently**\n"
    payload = {**REDIRECT, "URLs": ["https://new.example/"]}
    write_profile(Path("profiles/corp.mobileconfig"), payload)
    for profiles in (".", "profiles", "profiles/corp.mobileconfig\n"):
        Path("summary.md").unlink()
        done = step("Compare", profiles=profiles, **{"compare-with": base})
        assert (done.returncode, done.stderr) == (0, "")
        assert "| requests | from | old | new | witness |" in Path("summary.md").read_text()
    assert step("Compare", **{"compare-with": "none"}).returncode == 3


@pytest.mark.usefixtures("base")
def test_the_step_that_tests() -> None:
    done = step("Test", tables="my routes\n", **{"fail-under": "50"})
    assert (done.returncode, done.stderr) == (0, "")
    assert "my routes/a.routes.toml: 1 of 1 row passed" in done.stdout
    suite = ET.parse("ssoroute-junit.xml").getroot()
    assert suite.tag == "testsuites"
    assert step("Test", tables="my routes", **{"fail-under": "51"}).returncode == 1


def job(name: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a job of the template with these variables, and the defaults of the others."""
    template = read("templates/ssoroute.gitlab-ci.yml")
    found, common = template[name], template[".ssoroute"]
    assert found["extends"] == ".ssoroute"
    return shell("\n".join(found["script"]), **(common["variables"] | variables))


def test_the_template_is_one() -> None:
    template = read("templates/ssoroute.gitlab-ci.yml")
    page = (ROOT / "docs/pipeline.md").read_text(encoding="utf-8")
    for name in template.keys() - {".ssoroute"}:
        assert f"| `{name}` |" in page
        assert all(isinstance(line, str) for line in template[name]["script"])
        assert template[name]["artifacts"]["when"] == "always"
    for variable in template[".ssoroute"]["variables"]:
        assert f"`{variable}`" in page


@pytest.mark.usefixtures("base")
def test_the_job_that_checks() -> None:
    done = job("ssoroute-check", SSOROUTE_PROFILES="profiles", SSOROUTE_OPTIONS="--os macOS@15.4")
    assert done.returncode == 1
    assert "profiles/corp.mobileconfig" in done.stdout
    issues = json.loads(Path("gl-code-quality-report.json").read_text())
    assert {issue["location"]["path"] for issue in issues} == {"profiles/corp.mobileconfig"}
    clean = job("ssoroute-check", SSOROUTE_PROFILES="profiles", SSOROUTE_OPTIONS="--ignore SSO")
    assert clean.returncode == 0
    assert json.loads(Path("gl-code-quality-report.json").read_text()) == []


@pytest.mark.usefixtures("base")
def test_the_job_that_tests() -> None:
    done = job("ssoroute-test")
    assert (done.returncode, done.stderr) == (0, "")
    assert ET.parse("ssoroute-junit.xml").getroot().tag == "testsuites"


def test_the_job_that_compares(base: str) -> None:
    payload = {**REDIRECT, "URLs": ["https://new.example/"]}
    write_profile(Path("profiles/corp.mobileconfig"), payload)
    done = job("ssoroute-diff", CI_MERGE_REQUEST_DIFF_BASE_SHA=base)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == Path("ssoroute-diff.md").read_text()
    assert "https://new.example/" in done.stdout
    assert job("ssoroute-diff", CI_MERGE_REQUEST_DIFF_BASE_SHA="none").returncode == 3


def test_the_hooks_are_hooks() -> None:
    hooks = {hook["id"]: hook for hook in read(".pre-commit-hooks.yaml")}
    assert list(hooks) == ["ssoroute-check", "ssoroute-test"]
    for hook in hooks.values():
        assert hook["language"] == "python"
        assert hook["entry"].startswith("ssoroute ")
        assert hook["pass_filenames"] is False  # a set of profiles is more than what changed
    for name in ("corp.mobileconfig", "a/corp.routes.toml", "corp.routes.json"):
        assert re.search(hooks["ssoroute-test"]["files"], name)
    for ending in ENDINGS:
        assert re.search(hooks["ssoroute-check"]["files"], f"profiles/corp{ending}")
    for name in ("ssoroute.toml", "a/pyproject.toml"):
        assert re.search(hooks["ssoroute-check"]["files"], name)
    assert not re.search(hooks["ssoroute-check"]["files"], "corp.routes.toml")
    assert not re.search(hooks["ssoroute-test"]["files"], "pyproject.toml")
    if shutil.which("pre-commit", path=os.path.dirname(sys.executable)) is not None:
        tool = [sys.executable, "-m", "pre_commit", "validate-manifest", ".pre-commit-hooks.yaml"]
        subprocess.run(tool, cwd=ROOT, check=True, env={**os.environ, "PYTHONWARNINGS": ""})


@pytest.mark.usefixtures("base")
def test_the_hooks_run() -> None:
    hooks = {hook["id"]: hook for hook in read(".pre-commit-hooks.yaml")}
    check = hooks["ssoroute-check"]["entry"].split()[1:]
    done = invoke(*check, "--severity", "error", "profiles")
    assert done.exit_code in (0, 1)
    assert "Error" not in done.stderr
    Path("ssoroute.toml").write_text('profiles = ["profiles"]\n')
    assert invoke(*check, "--severity", "error").output == done.output
    test = hooks["ssoroute-test"]
    done = invoke(*test["entry"].split()[1:], *test["args"])
    assert done.exit_code == 0
    assert "my routes/a.routes.toml: 1 of 1 row passed" in done.stdout
