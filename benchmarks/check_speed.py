"""How long `ssoroute check` takes for 1,000 profiles: `python -m benchmarks.check_speed`.

Together they have 20,000 prefixes. The whole command line is timed, from the start of Python to
the last line of output. The answer is asserted: what is planted is found, and nothing else that
matters.
"""

from __future__ import annotations

import json
import os
import plistlib
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parent.parent
PROFILES: Final = 1_000
PREFIXES: Final = 20
LIMIT: Final = 5.0

#: Entries that replace a plain prefix in some profiles, by the number of the profile.
PLANTED: Final = {
    100: "https://bare.example.com",
    200: "https://*.example.com/",
    300: "https://login-7-3.example.com/T/3/",
    400: "https://login.example.com/a/../b/",
}


def write(folder: Path) -> None:
    """Write the profiles."""
    for number in range(PROFILES):
        urls = [f"https://login-{number}-{n}.example.com/t/{n}/" for n in range(PREFIXES)]
        if number in PLANTED:
            urls[0] = PLANTED[number]
        path = folder / f"{number:04}.mobileconfig"
        path.write_bytes(plistlib.dumps(_profile(number, urls)))


def _profile(number: int, urls: list[str]) -> dict[str, Any]:
    def identity(name: str) -> dict[str, Any]:
        return {
            "PayloadIdentifier": f"com.example.{name}.{number}",
            "PayloadUUID": str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{name}.{number}")).upper(),
            "PayloadVersion": 1,
        }

    payload = {
        "PayloadType": "com.apple.extensiblesso",
        "ExtensionIdentifier": f"com.example.app{number % 40}.sso",
        "TeamIdentifier": "EXAMPLE123",
        "Type": "Redirect",
        "URLs": urls,
        **identity("payload"),
    }
    return {"PayloadType": "Configuration", "PayloadContent": [payload], **identity("profile")}


def main() -> None:
    """Time it, assert the answer, print one line."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder)
        times = []
        for _ in range(3):
            start = time.perf_counter()
            done = subprocess.run(
                [sys.executable, "-m", "ssoroute", "check", "--format", "json", str(folder)],
                capture_output=True,
                env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
                check=False,
            )
            times.append(time.perf_counter() - start)
    found = json.loads(done.stdout)["findings"]
    bad = sorted((f["code"], Path(f["file"]).stem) for f in found if f["severity"] != "info")
    assert bad == [
        ("SSO202", "0100"),
        ("SSO206", "0200"),
        ("SSO210", "0400"),
        ("SSO403", "0300"),
        ("SSO404", "0300"),
    ], bad
    assert done.returncode == 1, done.returncode
    best = min(times)
    prefixes = PROFILES * PREFIXES
    print(f"check: {PROFILES:,} profiles, {prefixes:,} prefixes: {best:.2f} s (limit {LIMIT} s)")
    assert best < LIMIT, f"{best:.2f} s is more than {LIMIT} s"


if __name__ == "__main__":
    main()
