"""`ssoroute diff --git`: a revision against the working tree, and a table that fits a comment."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from cli_world import CREDENTIAL, REDIRECT, invoke, write_profile

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")

CHANGED = ["https://id.example.com/t/", "https://new.example/"]
NOTHING = "no request is answered differently\n"


def git(*arguments: str) -> str:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", *identity, *arguments], capture_output=True, check=True)
    return done.stdout.decode().strip()


def commit() -> None:
    git("add", "--all", "--force")
    git("commit", "--quiet", "--allow-empty", "--message=x")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository to work in, with one profile committed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
    git("init", "--quiet")
    Path("profiles").mkdir()
    write_profile(Path("profiles/corp.mobileconfig"), REDIRECT)
    commit()
    return tmp_path


def edited() -> None:
    payload = {**REDIRECT, "URLs": ["https://login.example.com", "https://new.example/"]}
    write_profile(Path("profiles/corp.mobileconfig"), payload)


def witnesses(*arguments: str) -> list[str]:
    """The URLs of the witnesses of all changes."""
    done = invoke("diff", "--format", "json", *arguments)
    assert done.stderr == ""
    changes = json.loads(done.stdout)["changes"]
    assert done.exit_code == (1 if changes else 0)
    return sorted({change["witness"]["url"] for change in changes})


@pytest.mark.usefixtures("repository")
@pytest.mark.parametrize(
    "paths",
    [(), ("--", "profiles"), ("--", "profiles/corp.mobileconfig"), ("--", "."), ("profiles/",)],
)
def test_a_revision_is_compared_with_the_working_tree(paths: tuple[str, ...]) -> None:
    assert invoke("diff", "--git", "HEAD", *paths).output == NOTHING
    edited()
    found = witnesses("--git", "HEAD", *paths)
    assert found == CHANGED
    commit()
    assert invoke("diff", "--git", "HEAD", *paths).output == NOTHING
    assert witnesses("--git", "HEAD~1", *paths) == found
    assert git("status", "--porcelain") == ""


@pytest.mark.usefixtures("repository")
@pytest.mark.parametrize("paths", [(), ("profiles",)])
def test_files_that_are_new_or_gone(paths: tuple[str, ...]) -> None:
    write_profile(Path("profiles/more.mobileconfig"), {**CREDENTIAL, "Hosts": ["a.test"]})
    assert "https://a.test/" in witnesses("--git", "HEAD", *paths)
    commit()
    Path("profiles/more.mobileconfig").unlink()
    assert "https://a.test/" in witnesses("--git", "HEAD", *paths)
    Path("profiles/corp.mobileconfig").unlink()
    Path("profiles/README").write_text("gone")
    assert "https://login.example.com/" in witnesses("--git", "HEAD", *paths)
    commit()
    done = invoke("diff", "--git", "HEAD", *paths)
    where = "there" if paths else "that ends in .mobileconfig below this folder; name its path"
    assert (done.exit_code, done.stderr) == (
        3,
        f"error: neither `HEAD` nor the working tree has a profile {where}\n",
    )


@pytest.mark.usefixtures("repository")
def test_ignored_and_hidden_files_do_not_count_without_a_path() -> None:
    Path(".gitignore").write_text("build\n")
    for folder in ("build", ".hidden"):
        Path(folder).mkdir()
        write_profile(Path(folder) / "x.mobileconfig", CREDENTIAL)
    Path("package.json").write_text("{}")
    assert invoke("diff", "--git", "HEAD").output == NOTHING


def test_it_works_in_a_folder_of_the_repository_and_with_whole_paths(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    edited()
    whole = str(repository / "profiles" / "corp.mobileconfig")
    assert witnesses("--git", "HEAD", whole) == CHANGED
    monkeypatch.chdir("profiles")
    for paths in ((), (".",), ("corp.mobileconfig",), ("../profiles",)):
        assert witnesses("--git", "HEAD", *paths) == CHANGED


@pytest.mark.usefixtures("repository")
def test_the_order_is_that_of_loading_and_names_may_be_odd() -> None:
    for number, name in enumerate(("a\nb.mobileconfig", "Ü x.mobileconfig", "z/y.mobileconfig")):
        path = Path("odd") / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_profile(path, {**CREDENTIAL, "Hosts": [f"h{number}.test"]}, PayloadIdentifier=name)
    commit()
    assert invoke("diff", "--git", "HEAD", "odd", "profiles").output == NOTHING
    shutil.rmtree("odd")
    found = witnesses("--git", "HEAD", "odd", "profiles")
    assert {"https://h0.test/", "https://h1.test/", "https://h2.test/"} <= set(found)


@pytest.mark.usefixtures("repository")
@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (("none",), 3, "error: `none` is not a revision of this repository; a shallow clone"),
        (("",), 3, "error: `` is not a revision"),
        (("--upload-pack=x",), 3, "error: `--upload-pack=x` is not a revision"),
        (("HEAD", "none"), 3, "none: error: is neither in HEAD nor in the working tree"),
        (("HEAD", "/"), 3, "/: error: is outside of the repository"),
        (("HEAD", "-"), 2, "Error: standard input is not in the working tree; leave out `-`"),
        (("HEAD", "--sysdiagnose", "x"), 2, "Error: --git and the option of a device both name"),
    ],
)
def test_what_is_wrong_is_said(arguments: tuple[str, ...], status: int, message: str) -> None:
    done = invoke("diff", "--git", *arguments)
    assert done.exit_code == status
    assert done.stderr.splitlines()[-1].startswith(message)


@pytest.mark.usefixtures("repository")
def test_what_cannot_be_read_is_reported_and_the_rest_compared() -> None:
    Path("profiles/bad.mobileconfig").write_text("<plist>")
    os.symlink("corp.mobileconfig", "profiles/link.mobileconfig")
    commit()
    Path("profiles/bad.mobileconfig").unlink()
    Path("profiles/link.mobileconfig").unlink()
    done = invoke("diff", "--git", "HEAD", "profiles")
    assert done.exit_code == 3
    first, second = done.stderr.splitlines()
    assert first == ("HEAD:profiles/link.mobileconfig: error: cannot be read: not a regular file")
    assert second.startswith("HEAD:profiles/bad.mobileconfig: error: ")
    assert done.stdout == NOTHING


def test_a_folder_without_a_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    done = invoke("diff", "--git", "HEAD")
    assert done.exit_code == 3
    assert done.stderr.startswith("error: git failed: not a git repository")
    monkeypatch.setenv("PATH", "")
    done = invoke("diff", "--git", "HEAD")
    assert (done.exit_code, done.stderr) == (
        3,
        "error: git cannot be run: no such file or directory\n",
    )


@pytest.mark.usefixtures("repository")
def test_git_runs_no_program_of_the_repository() -> None:
    for setting in ("core.fsmonitor", "diff.external", "filter.x.smudge", "filter.x.clean"):
        git("config", setting, "touch ran; true")
    Path(".gitattributes").write_text("*.mobileconfig filter=x\n")
    edited()
    assert witnesses("--git", "HEAD") == CHANGED
    assert not Path("ran").exists()


@pytest.mark.usefixtures("repository")
def test_a_table_fits_into_a_comment() -> None:
    urls = [f"https://login.example.com/{number:0200}" for number in range(1000)]
    for number, url in enumerate(urls):
        Path("many").mkdir(exist_ok=True)
        payload = {**REDIRECT, "ExtensionIdentifier": f"com.example.e{number}", "URLs": [url]}
        write_profile(Path(f"many/{number:04}.mobileconfig"), payload)
    done = invoke("diff", "--git", "HEAD", "--format", "markdown", "many", "profiles")
    assert done.exit_code == 1
    assert 60_000 < len(done.stdout) <= 65_536
    *rows, empty, last = done.stdout.splitlines()
    assert rows[2].startswith("| requests | from |")
    left_out = int(last.split()[0].replace(",", ""))
    assert (empty, left_out > 500) == ("", True)
    assert last == (
        f"{left_out:,} rows of this table are left out, because a comment holds at most"
        " 65,536 characters. `ssoroute diff` shows all changes."
    )
    full = invoke("diff", "--git", "HEAD", "--format", "json", "many", "profiles")
    assert len(json.loads(full.stdout)["changes"]) > left_out
