"""A package whose names are loaded from their modules when they are first used."""

from __future__ import annotations

from importlib import import_module

# as `typing.TYPE_CHECKING`, without the time that importing that module takes
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

__all__ = ["lazy_names"]


def lazy_names(
    namespace: dict[str, Any], homes: Mapping[str, str]
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """The functions `__getattr__` and `__dir__` of the package whose globals are `namespace`.

    `homes` maps each module below the package to the names that it defines, with spaces between.
    """
    package = namespace["__name__"]
    home_of = {name: home for home, names in homes.items() for name in names.split()}

    def load(name: str) -> Any:
        if name not in home_of:
            raise AttributeError(f"module `{package}` has no attribute `{name}`")
        value = getattr(import_module(f"{package}.{home_of[name]}"), name)
        namespace[name] = value
        return value

    def names() -> list[str]:
        return sorted({*namespace, *home_of})

    return load, names
