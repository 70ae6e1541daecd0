"""What a command says if a package that it needs is not installed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click

__all__ = ["imports_of"]


@contextmanager
def imports_of(extra: str) -> Iterator[None]:
    """Around imports that need the packages of `extra`: a missing one is a usage error."""
    try:
        yield
    except ImportError as error:
        raise click.UsageError(
            f"the package {error.name} is missing: pip install 'ssoroute[{extra}]'"
        ) from None
