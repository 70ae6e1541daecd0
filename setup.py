"""Builds the optional compiled twin; everything else is in pyproject.toml.

If it cannot be built, the package installs without it, and the wheel says so by its name: with
the module `cp311-abi3-PLATFORM`, without it `py3-none-any`.
"""

from __future__ import annotations

import gzip
import os
import sys
import sysconfig
import tarfile
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_py import build_py
from setuptools.command.sdist import sdist

COMPILED = [
    Extension(
        f"ssoroute.{name.replace('/', '.')}",
        [f"src/ssoroute/{name}.c"],
        depends=depends,
        py_limited_api=True,
        # Debug information would hold the folder of the build, so two builds would differ.
        extra_compile_args=[] if sys.platform == "win32" else ["-g0"],
        # the answers matter more than the speed: without a compiler the pure package is installed
        optional=True,
    )
    for name, depends in (
        (
            "routing/_compiled",
            sorted(map(str, Path("src/ssoroute/routing").glob("_compiled_*.h"))),
        ),
        (
            "replay/_scan",
            [
                *sorted(map(str, Path("src/ssoroute/replay").glob("_scan_*.h"))),
                *(
                    f"src/ssoroute/routing/_compiled_{name}.h"
                    for name in ("column", "finder", "numbers")
                ),
            ],
        ),
    )
]


class HonestWheel(bdist_wheel):
    """A wheel whose tag says whether the compiled module is in it.

    `optional=True` alone leaves a platform tag on a wheel without the module, and pip would keep
    that one in its cache for good.
    """

    def run(self) -> None:
        """Build first, then decide what kind of wheel it is."""
        self.run_command("build")
        if self.distribution.ext_modules:
            build = self.get_finalized_command("build_ext")
            built = [Path(output) for output in build.get_outputs()]
            if not all(path.exists() for path in built):
                self.distribution.ext_modules = []
                self.root_is_pure, self.py_limited_api, self.plat_name_supplied = True, False, False
        super().run()


class WithPages(build_py):
    """Puts the pages of the documentation into the package, for `ssoroute docs`."""

    def run(self) -> None:
        """Build, and copy the pages unless the package is used from its source tree."""
        super().run()
        if not self.editable_mode:
            for page, copy in self._pages():
                self.mkpath(str(copy.parent))
                self.copy_file(str(page), str(copy), preserve_mode=False)

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:
        """All files that are built."""
        pages = [] if self.editable_mode else [str(copy) for _, copy in self._pages()]
        return [*super().get_outputs(include_bytecode), *pages]

    def _pages(self) -> list[tuple[Path, Path]]:
        docs = Path("docs")
        inside = Path(self.build_lib, "ssoroute", "pages")
        return [(page, inside / page.relative_to(docs)) for page in sorted(docs.rglob("*.md"))]


class ReproducibleSdist(sdist):
    """A source distribution that depends on its files only.

    Its entries are in order, belong to nobody, and have the time `SOURCE_DATE_EPOCH`.
    """

    def make_archive(
        self,
        base_name: str,
        format: str,  # noqa: A002 - the name that setuptools uses
        root_dir: str | None = None,
        base_dir: str | None = None,
        owner: str | None = None,
        group: str | None = None,
    ) -> str:
        """Write the archive of the folder `base_dir`."""
        time = os.environ.get("SOURCE_DATE_EPOCH")
        if format != "gztar" or time is None or base_dir is None:
            return super().make_archive(base_name, format, root_dir, base_dir, owner, group)

        def plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
            entry.mtime, entry.uid, entry.gid, entry.uname, entry.gname = int(time), 0, 0, "", ""
            entry.mode = 0o755 if entry.isdir() or entry.mode & 0o100 else 0o644
            return entry

        name = f"{base_name}.tar.gz"
        with (
            open(name, "wb") as file,
            gzip.GzipFile("", "wb", fileobj=file, mtime=int(time)) as zipped,
            tarfile.open(fileobj=zipped, mode="w", format=tarfile.PAX_FORMAT) as archive,
        ):
            for path in sorted(Path(base_dir).rglob("*")):
                if path.is_file():
                    archive.add(path, filter=plain, recursive=False)
        return name


# The stable ABI does not exist in free-threaded builds, and PyPy would only be slowed down.
supported = sys.implementation.name == "cpython" and not sysconfig.get_config_var("Py_GIL_DISABLED")

setup(
    ext_modules=COMPILED if supported else [],
    cmdclass={"bdist_wheel": HonestWheel, "build_py": WithPages, "sdist": ReproducibleSdist},
    options={"bdist_wheel": {"py_limited_api": "cp311"}} if supported else {},
)
