"""The keys of `PlatformSSO` as the rules about them ask for them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ssoroute.install.effective_keys import KeyState
from ssoroute.model.quoting import quote

if TYPE_CHECKING:
    from ssoroute.checks.target import PayloadView
    from ssoroute.install.effective_keys import EffectiveKey
    from ssoroute.model.source import Source

__all__ = ["PlatformSSOKeys"]


class PlatformSSOKeys:
    """The keys of `PlatformSSO` in one payload, by their names in a profile."""

    def __init__(self, view: PayloadView) -> None:
        self._view = view

    def row(self, name: str) -> EffectiveKey:
        """The key `name`; the dictionary itself if `name` is empty."""
        return self._view.keys[f"PlatformSSO.{name}" if name else "PlatformSSO"]

    def is_on(self, name: str) -> bool:
        """Whether the boolean `name` counts as true."""
        return self.row(name).value is True

    def is_there(self, name: str) -> bool:
        """Whether the key is written, or the target does not know it and cannot miss it."""
        row = self.row(name)
        return row.source is not None or row.state is KeyState.UNKNOWN

    def items(self, name: str) -> Iterator[tuple[str, Source]]:
        """The strings of an array that the target reads, without those that it does not know."""
        row = self.row(name)
        if row.source is None or row.state in (KeyState.UNKNOWN, KeyState.WRONG_TYPE):
            return
        version = self._view.device.version
        later = {value.text for value in row.key.allowed_values if not value.known(version)}
        if isinstance(row.written, tuple):
            for index, item in enumerate(row.written):
                if isinstance(item, str) and item not in later:
                    yield item, row.source.item(index)

    @property
    def has_login_list(self) -> bool:
        """Whether `WebLoginURLAllowList` lists something, or the target does not know the key."""
        row = self.row("WebLoginURLAllowList")
        return row.state is KeyState.UNKNOWN or (row.source is not None and row.written != ())

    def method_is(self, *methods: str) -> bool:
        """Whether the method is one of `methods`."""
        return self._view.method in methods

    @property
    def method_words(self) -> str:
        """Which method the payload has, as a part of a sentence."""
        method = self._view.method
        return f"the method is {quote(method)}" if method else "there is no method"
