"""`/openapi.json` is true: schemathesis sends what it describes, and each answer conforms to it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("schemathesis", reason="schemathesis is not installed")
pytest.importorskip("uvicorn", reason="uvicorn (extra `serve`) is not installed")

from serving import serving


def test_the_service_does_what_its_description_says(tmp_path: Path) -> None:
    checks = "not_a_server_error,status_code_conformance,content_type_conformance"
    with serving("-p", "examples/profiles", "--allow-install") as running:
        command = [
            *(str(Path(sys.executable).with_name("schemathesis")), "run"),
            *(f"{running.url}openapi.json", "--checks", f"{checks},response_schema_conformance"),
            *("--max-examples", "40", "--seed", "1", "--phases", "examples,coverage,fuzzing"),
        ]
        done = subprocess.run(
            command, capture_output=True, text=True, cwd=tmp_path, timeout=300, check=False
        )
        assert running.process.poll() is None, "the service ended"
    assert done.returncode == 0, done.stdout + done.stderr
