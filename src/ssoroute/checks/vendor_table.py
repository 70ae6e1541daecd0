"""Extensions that a vendor documents: the table is `vendors.csv`.

It holds what vendor documents confirm and nothing else. In its URLs, `ORG` and `HOST` stand for the
host of the customer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

__all__ = ["CUSTOMER", "Product", "Usage", "known_extensions", "product_of"]

#: Where a listed URL has the customer's host.
CUSTOMER: Final = re.compile(r"(?<=://)(ORG|HOST)(?=/|$)")


@dataclass(frozen=True, slots=True)
class Usage:
    """One row: how an extension is configured for one `Type`."""

    product: str
    type: str
    urls: tuple[str, ...]
    platform_sso: bool

    def documents(self, url: str) -> bool:
        """Whether `url` is written as the vendor writes it."""
        wanted = url.lower()
        return any(
            wanted == listed.lower() or bool(_pattern(listed).fullmatch(url))
            for listed in self.urls
        )


@dataclass(frozen=True, slots=True)
class Product:
    """An extension that a vendor documents; `team` is empty where it is not needed."""

    extension: str
    team: str
    usages: tuple[Usage, ...]
    realm_in_capitals: bool = False

    @property
    def name(self) -> str:
        """What the vendor calls it."""
        return self.usages[0].product

    def usage(self, type_: str | None) -> Usage | None:
        """How it is configured for `type_`, None where it is not."""
        return next((usage for usage in self.usages if usage.type == type_), None)


def product_of(bundle_id: str) -> Product | None:
    """What is known about an extension, None where that is nothing.

    >>> product_of("com.okta.mobile.auth-service-extension").team
    'B7F62B65BN'
    """
    return _products().get(bundle_id)


def known_extensions() -> tuple[str, ...]:
    """The bundle identifiers of all extensions in the table."""
    return tuple(_products())


@cache
def _products() -> Mapping[str, Product]:
    import csv

    table = resources.files("ssoroute").joinpath("checks/vendors.csv").read_text(encoding="utf-8")
    products: dict[str, Product] = {}
    for row in csv.DictReader(table.splitlines()):
        usage = Usage(
            row["product"], row["type"], tuple(row["urls"].split()), bool(row["platform_sso"])
        )
        known = products.get(row["extension"])
        products[row["extension"]] = Product(
            row["extension"],
            row["team"],
            (*known.usages, usage) if known else (usage,),
            row["realm"] == "capitals",
        )
    return products


@cache
def _pattern(listed: str) -> re.Pattern[str]:
    before, name, after = (*CUSTOMER.split(listed), "", "")[:3]
    host = "[^/?#]+" if name else ""
    return re.compile(re.escape(before) + host + re.escape(after), re.IGNORECASE)
