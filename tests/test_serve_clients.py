"""The clients that docs/serve.md shows: each is run against a service, where its tool is."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("uvicorn", reason="uvicorn (extra `serve`) is not installed")

from serving import ROOT, Serving, serving

PAGE = (ROOT / "docs" / "serve.md").read_text(encoding="utf-8")
ADDRESS = "127.0.0.1:8765"
HANDLED = "handle com.microsoft.CompanyPortalMac.ssoextension"


@pytest.fixture(scope="module")
def service() -> Iterator[Serving]:
    with serving("-p", "examples/profiles", "--os", "macOS@15.4") as running:
        yield running


def examples(language: str) -> list[str]:
    found = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert found, f"docs/serve.md has no example in {language}"
    return [text for text in found if ADDRESS in text]


def tool(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"{name} is not installed")
    return path


def output(*command: str, cwd: Path) -> str:
    done = subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_curl(service: Serving, tmp_path: Path) -> None:
    curl = tool("curl")
    if "--json" not in subprocess.run([curl, "--help", "all"], capture_output=True, text=True,
                                      check=True).stdout:  # fmt: skip
        pytest.skip("curl is older than 7.82")
    (folder,) = (ROOT / "examples" / "device").iterdir()
    with tarfile.open(tmp_path / "sysdiagnose.tar.gz", "w:gz") as tar:
        tar.add(folder, folder.name)
    sent, routed = (
        json.loads(output("sh", "-c", text.replace(ADDRESS, service.netloc), cwd=tmp_path))
        for text in examples("sh")
    )
    assert sent["device"]["version"] == "15.4"
    assert f"{routed['outcome']} {routed['extension']['bundle_id']}" == HANDLED


def test_javascript(service: Serving, tmp_path: Path) -> None:
    node = tool("node")
    (text,) = examples("javascript")
    (tmp_path / "ask.mjs").write_text(text.replace(ADDRESS, service.netloc))
    assert output(node, "ask.mjs", cwd=tmp_path) == f"{HANDLED}\n"


def test_go(service: Serving, tmp_path: Path) -> None:
    go = tool("go")
    (text,) = examples("go")
    (tmp_path / "ask.go").write_text(text.replace(ADDRESS, service.netloc))
    assert output(go, "run", "ask.go", cwd=tmp_path) == f"{HANDLED}\n"


def test_the_page_says_what_they_print() -> None:
    assert f"print `{HANDLED}`" in PAGE
