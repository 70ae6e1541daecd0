"""A device as the text of a device file in TOML, as `device_file` reads it."""

from __future__ import annotations

from collections.abc import Iterator

from ssoroute.model.device import APPLE_ACCOUNT_URLS, Device
from ssoroute.model.payload import Extension
from ssoroute.model.source import Source

__all__ = ["device_lines", "toml_string"]


def device_lines(device: Device, *, table: str = "", sourced: bool = False) -> Iterator[str]:
    r"""The lines that describe `device`, inside the table `table`.

    With `sourced`, the platform and version are written only if `device.sources` names where they
    were read. A source is written as a comment. `ValueError` for text that TOML cannot hold.

    >>> print(*device_lines(Device("macOS", "15.4")), sep="\n")
    platform = "macOS"
    version = "15.4"
    """
    sources = device.sources
    if table:
        yield f"[{table}]"
    if not sourced or ("version",) in sources:
        yield f"platform = {toml_string(device.platform)}"
        version = f"version = {toml_string(str(device.version))}"
        yield version + _comment(sources.get(("version",)))
    if device.installed_extensions is not None:
        yield "installed_extensions = ["
        for extension in device.installed_extensions:
            place = sources.get(("installed_extensions", extension.bundle_id))
            yield f"  {_extension(extension)},{_comment(place)}"
        yield "]"
    if device.apple_account_urls != APPLE_ACCOUNT_URLS:
        yield f"apple_account_urls = [{', '.join(map(toml_string, device.apple_account_urls))}]"
    for identifier, hosts in device.associated_domains.items():
        yield ""
        yield f"[{table + '.' if table else ''}associated_domains.{toml_string(identifier)}]"
        for host, approval in hosts.items():
            place = sources.get(("associated_domains", identifier, host))
            yield f"{toml_string(host)} = {toml_string(approval)}{_comment(place)}"


def _comment(source: Source | None) -> str:
    if source is None:
        return ""
    text = f"{source.file}, {source.path}" if source.path else source.file
    return f"  # {''.join(c if c.isprintable() else '?' for c in text)}"


def toml_string(text: str) -> str:
    r"""`text` as a basic string of TOML, with escapes for all characters that are not visible.

    >>> print(toml_string('"\x1b\U000e0041'))
    "\"\u001B\U000E0041"
    """
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(character: str) -> str:
    if character in ('"', "\\"):
        return "\\" + character
    if character.isprintable():
        return character
    code = ord(character)
    if 0xD800 <= code <= 0xDFFF:  # noqa: PLR2004 - the surrogates
        raise ValueError(f"half of a surrogate pair (U+{code:04X}) cannot be written in TOML")
    return f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"  # noqa: PLR2004


def _extension(extension: Extension) -> str:
    bundle_id = toml_string(extension.bundle_id)
    if extension.team_id is None:
        return bundle_id
    return f"{{ bundle_id = {bundle_id}, team_id = {toml_string(extension.team_id)} }}"
