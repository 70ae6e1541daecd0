"""What `sw_vers` prints: the platform and the version. Documented, but for the names on iOS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ssoroute.loaders.findings import Code, Report
from ssoroute.loaders.text import printed_lines
from ssoroute.model.errors import DeviceError
from ssoroute.model.platforms import Platform, Version
from ssoroute.model.quoting import quote
from ssoroute.model.source import Source

__all__ = ["SystemVersion", "is_sw_vers", "read_sw_vers"]

#: What `ProductName` says, in lower case. Observed: iPhones and iPads say `iPhone OS`.
_PRODUCTS: Final = {
    "macos": Platform.MACOS,
    "mac os x": Platform.MACOS,
    "iphone os": Platform.IOS,
    "ios": Platform.IOS,
    "ipados": Platform.IOS,
    "xros": Platform.VISIONOS,
    "visionos": Platform.VISIONOS,
}


@dataclass(frozen=True, slots=True)
class SystemVersion:
    """The platform and the version of a device, and where they were read."""

    platform: Platform
    version: Version
    build: str | None
    source: Source


def is_sw_vers(text: str) -> bool:
    """Whether `text` looks like the output of `sw_vers`."""
    return "ProductName:" in text and "ProductVersion:" in text


def read_sw_vers(data: bytes, source: Source, report: Report) -> SystemVersion | None:
    r"""The version that `sw_vers` printed; None if it cannot be read, which is reported.

    >>> text = b"ProductName:\t\tmacOS\nProductVersion:\t\t15.4\nBuildVersion:\t\t24E248\n"
    >>> found = read_sw_vers(text, Source("sw_vers.txt"), Report())
    >>> print(found.platform, found.version, found.source)
    macOS 15.4 sw_vers.txt: line 2
    """
    fields: dict[str, tuple[str, Source]] = {}
    for number, line in printed_lines(data):
        name, colon, value = line.partition(":")
        if colon and value.strip():
            fields.setdefault(name.strip(), (value.strip(), source.line(number)))
    product = fields.get("ProductName")
    version = fields.get("ProductVersion")
    if product is None or version is None:
        missing = "ProductVersion" if product else "ProductName"
        report.add(Code.NOT_A_SOURCE, source, f"not the output of `sw_vers`: no `{missing}:`")
        return None
    platform = _PRODUCTS.get(product[0].lower())
    if platform is None:
        message = f"`ProductName` is {quote(product[0])}, which is not a platform with SSO"
        report.add(Code.IGNORED_LINE, product[1], message)
        return None
    try:
        parsed = Version.parse(version[0])
    except DeviceError as error:
        report.add(Code.IGNORED_LINE, version[1], str(error))
        return None
    build = fields.get("BuildVersion")
    return SystemVersion(platform, parsed, build[0] if build else None, version[1])
