"""Builds the optional compiled twin; everything else is in pyproject.toml.

If it cannot be built, the package installs without it, and the wheel says so by its name: with
the module `cp311-abi3-PLATFORM`, without it `py3-none-any`.
"""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.bdist_wheel import bdist_wheel

COMPILED = [
    Extension(
        f"ssoroute.{name.replace('/', '.')}",
        [f"src/ssoroute/{name}.c"],
        py_limited_api=True,
        # the answers matter more than the speed: without a compiler the pure package is installed
        optional=True,
    )
    for name in ("routing/_compiled", "replay/_scan")
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


# The stable ABI does not exist in free-threaded builds, and PyPy would only be slowed down.
supported = sys.implementation.name == "cpython" and not sysconfig.get_config_var("Py_GIL_DISABLED")

setup(
    ext_modules=COMPILED if supported else [],
    cmdclass={"bdist_wheel": HonestWheel},
    options={"bdist_wheel": {"py_limited_api": "cp311"}} if supported else {},
)
