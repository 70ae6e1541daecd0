"""Extensions that a vendor documents: the table is `vendors.csv`.

It holds only what vendor documents confirm. In its URLs, `ORG` and `HOST` are placeholders for the
host of the customer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from ssoroute.model.packaged import packaged_text
from ssoroute.model.platforms import Platform

__all__ = [
    "CUSTOMER",
    "Product",
    "Usage",
    "hosts_of_vendors",
    "known_extensions",
    "product_of",
    "product_with",
]

#: The placeholder for the host of the customer in a listed URL.
CUSTOMER: Final = re.compile(r"(?<=://)(ORG|HOST)(?=/|$)")


@dataclass(frozen=True, slots=True)
class Usage:
    """One row: how an extension is configured for one `Type`.

    `one_payload` says that the vendor allows one payload of this Type. `realm` is the only realm
    that the vendor documents, or empty.
    """

    product: str
    type: str
    urls: tuple[str, ...]
    platform_sso: bool
    one_payload: bool
    realm: str

    def documents(self, url: str) -> bool:
        """Whether `url` is written as the vendor writes it."""
        wanted = url.lower()
        return any(
            wanted == listed.lower() or bool(_pattern(listed).fullmatch(url))
            for listed in self.urls
        )


@dataclass(frozen=True, slots=True)
class Product:
    """An extension that a vendor documents.

    `team` is empty if it is not needed. `platform` is the only platform of the extension, or None.
    """

    extension: str
    team: str
    platform: Platform | None
    usages: tuple[Usage, ...]

    @property
    def name(self) -> str:
        """What the vendor calls it."""
        return self.usages[0].product

    def usage(self, type_: str | None) -> Usage | None:
        """How it is configured for `type_`, or None if the vendor does not document that."""
        return next((usage for usage in self.usages if usage.type == type_), None)


def product_of(bundle_id: str) -> Product | None:
    """What vendors document about an extension, or None.

    >>> product_of("com.okta.mobile.auth-service-extension").team
    'B7F62B65BN'
    """
    return _products().get(bundle_id)


def product_with(team: str, type_: str) -> Product | None:
    """The product whose extension has this team identifier and is documented for this `Type`.

    >>> product_with("apple", "Credential").name
    'Apple Kerberos'
    """
    return next((p for p in _products().values() if p.team == team and p.usage(type_)), None)


@cache
def hosts_of_vendors() -> Mapping[str, tuple[Product, ...]]:
    """The hosts that vendors document for their own extensions, in lower case."""
    found: dict[str, tuple[Product, ...]] = {}
    for product in _products().values():
        for usage in product.usages:
            for url in usage.urls:
                if not CUSTOMER.search(url):
                    host = url.split("/")[2].lower()
                    found[host] = (*found.get(host, ()), product)
    return found


def known_extensions() -> tuple[str, ...]:
    """The bundle identifiers of all extensions in the table."""
    return tuple(_products())


@cache
def _products() -> Mapping[str, Product]:
    import csv

    products: dict[str, Product] = {}
    for row in csv.DictReader(packaged_text("checks/vendors.csv").splitlines()):
        usage = Usage(
            row["product"],
            row["type"],
            tuple(row["urls"].split()),
            bool(row["platform_sso"]),
            bool(row["one_payload"]),
            row["realm"],
        )
        known = products.get(row["extension"])
        products[row["extension"]] = Product(
            row["extension"],
            row["team"],
            Platform(row["platform"]) if row["platform"] else None,
            (*known.usages, usage) if known else (usage,),
        )
    return products


@cache
def _pattern(listed: str) -> re.Pattern[str]:
    before, name, after = (*CUSTOMER.split(listed), "", "")[:3]
    host = "[^/?#]+" if name else ""
    return re.compile(re.escape(before) + host + re.escape(after), re.IGNORECASE)
