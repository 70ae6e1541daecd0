"""Writes `docs/keys.md` from the package's table: `python tools/keys_doc.py`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ssoroute.model.keys import Key, keys
from ssoroute.model.platforms import Platform

NONE = "\N{EN DASH}"
DOC = Path(__file__).parent.parent / "docs" / "keys.md"

INTRODUCTION = """\
# Keys

Every key of the payload `com.apple.extensiblesso` and of the declaration
`com.apple.configuration.extensible-sso` (27.0 and later), as Apple documents them. Each platform
has a column with the first version that reads the key; a dash means that the platform does not read
it. A version after an allowed value is the first one that accepts the value.

`tools/keys_doc.py` writes this page from `src/ssoroute/model/keys.csv`. `ssoroute show --keys` and
`ssoroute.effective_keys` read the same table. Change the table, then run the script.
"""

SECRETS = """\
The values of secret keys are never shown, neither by `ssoroute show --keys` nor in a message. The
exception are bundle identifiers in the lists of `ExtensionData` that the vendor documents.
`AdditionalHTTPHeaders` allows at most 20 headers, names of 128 and values of 2048 characters.
"""


def key_table_markdown() -> str:
    """The whole page."""
    table = keys().values()
    top = [key for key in table if not key.path.startswith("PlatformSSO")]
    platform_sso = [key for key in table if key.path.startswith("PlatformSSO")]
    parts = [
        INTRODUCTION,
        "## The payload\n",
        rows(top, [*Platform]),
        SECRETS,
        "## Platform SSO\n",
        "macOS only.\n",
        rows(platform_sso, [Platform.MACOS]),
    ]
    return "\n".join(parts)


def rows(table: Iterable[Key], platforms: list[Platform]) -> str:
    names = [platform.value for platform in platforms]
    head = ["key", "type", "default", "allowed", *names, "in a declaration", "notes"]
    lines = [head, ["---"] * len(head)]
    lines += (
        [
            f"`{key.path}`",
            key.type.value,
            code(key.default.split("|")),
            allowed(key),
            *(str(key.since.get(platform, NONE)) for platform in platforms),
            f"`{key.declaration}`" if key.declaration else NONE,
            notes(key),
        ]
        for key in table
    )
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def allowed(key: Key) -> str:
    if key.allowed_values:
        return ", ".join(
            f"`{value.text}`" + (f" ({value.since})" if value.since else "")
            for value in key.allowed_values
        )
    return key.allowed.replace("|", ", ").replace(">=", "at least")


def code(values: list[str]) -> str:
    return ", ".join(f"`{value}`" for value in values if value)


def notes(key: Key) -> str:
    said = [key.presence] if key.presence != "optional" else []
    if key.read_for:
        said.append(f"read for {key.read_for} only")
    said += (f"deprecated since {name} {since}" for name, since in key.deprecated_since.items())
    if key.secret:
        said.append("secret")
    return "; ".join(said)


if __name__ == "__main__":
    DOC.write_text(key_table_markdown(), encoding="utf-8")
