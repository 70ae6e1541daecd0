"""The two engines of a router, each on demand, whatever the installation runs."""

from __future__ import annotations

import importlib
import importlib.machinery
import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import ModuleType
from unittest.mock import patch

from ssoroute.routing import index as _index

ENGINES = ("pure", "compiled")
PACKAGE = Path(__file__).parents[2] / "src" / "ssoroute"
SOURCE = PACKAGE / "routing" / "_compiled.c"
SCAN_SOURCE = PACKAGE / "replay" / "_scan.c"


def compiler() -> list[str] | None:
    """Find the C compiler's command, or None."""
    command = shlex.split(os.environ.get("CC") or "cc")
    return command if shutil.which(command[0]) else None


def build(source: Path, target: Path, *flags: str) -> None:
    """Compile one file into an extension module, with warnings as errors."""
    command = compiler()
    assert command is not None
    include = f"-I{sysconfig.get_paths()['include']}"
    warnings = ("-Wall", "-Wextra", "-Werror", "-Wno-cast-function-type")
    fields = "-Wno-missing-field-initializers"
    link = ("-undefined", "dynamic_lookup") if sys.platform == "darwin" else ()
    options = ("-std=c11", "-O2", "-fPIC", "-shared", *warnings, fields, *flags, include)
    subprocess.run([*command, *options, str(source), *link, "-o", str(target)], check=True)


def load(name: str, path: Path) -> ModuleType:
    """Load the extension module in a file."""
    loader = importlib.machinery.ExtensionFileLoader(name, str(path))
    spec = importlib.util.spec_from_file_location(name, path, loader=loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


@cache
def compiled_module() -> ModuleType | None:
    """Take the installed module, or else build it; None without a compiler."""
    try:
        return importlib.import_module("ssoroute.routing._compiled")
    except ImportError:
        if compiler() is None:
            return None
    folder = tempfile.mkdtemp(prefix="ssoroute-")
    path = Path(folder) / "_compiled.abi3.so"
    build(SOURCE, path)
    module = load("ssoroute.routing._compiled", path)
    shutil.rmtree(folder)
    return module


@contextmanager
def engine(name: str) -> Iterator[None]:
    """Let the routers that are made inside run on the engine `name`."""
    module = compiled_module() if name == "compiled" else None
    if name == "compiled" and module is None:
        raise RuntimeError("there is no compiled module and no compiler to build it")
    with patch.object(_index, "compiled", module):
        yield
