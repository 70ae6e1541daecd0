"""What the extension does with a request that it gets, as far as its vendor documents it.

Routing ends with the decision. Some extensions then take or decline a request by lists in their
`ExtensionData`. This is a second statement beside the decision, with its own evidence; it never
changes the outcome or the reason. It is computed only when somebody reads it.

Only the documented lists are read, and only bundle identifiers of these lists are ever shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ssoroute.model.authority import Authority
from ssoroute.model.device import Device
from ssoroute.model.extension_data import ExtensionKey, extension_keys
from ssoroute.model.kinds import kind_of
from ssoroute.model.payload import Payload
from ssoroute.model.profile import Value
from ssoroute.model.quoting import quote
from ssoroute.model.request import Request

__all__ = ["Afterwards", "Statement", "afterwards"]


class Statement(StrEnum):
    """What the extension does with the request, by its documented lists."""

    TAKES = "extension_takes"
    DECLINES = "extension_declines"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Afterwards:
    """What the extension does after routing.

    `text` says why. `key` is the key of `ExtensionData` that decides, `entry` its list entry, both
    None if there is none. `is_default` says that the entry is of the key's default value.
    `authority` is None if the statement is unknown. `provided` are things that are taken as so,
    `readings` the parts that are our reading, `changes` what would make the statement the opposite.
    """

    statement: Statement
    text: str
    authority: Authority | None = None
    key: str | None = None
    entry: str | None = None
    is_default: bool = False
    provided: tuple[str, ...] = ()
    readings: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()

    @property
    def opposite(self) -> Statement:
        """The statement that each of `changes` would bring."""
        return Statement.DECLINES if self.statement is Statement.TAKES else Statement.TAKES

    def to_json(self) -> dict[str, object]:
        """The statement as a JSON object (docs/clients.md, "JSON")."""
        return {
            "statement": self.statement.value,
            "text": self.text,
            "authority": self.authority and self.authority.value,
            "key": self.key,
            "entry": self.entry,
            "is_default": self.is_default,
            "provided": list(self.provided),
            "readings": list(self.readings),
            "changes": list(self.changes),
        }


def afterwards(
    payload: Payload,
    request: Request,
    device: Device,
    *,
    managed: bool | None = None,
    msal: bool | None = None,
) -> Afterwards:
    """What the extension of `payload` does with `request` when it gets it.

    `managed` says whether the MDM manages the caller, `msal` whether the caller uses Microsoft's
    library; None is unknown. The sources are Apple's documentation of the Kerberos extension and
    Microsoft's of its own (docs/clients.md). For any other extension the statement is unknown.
    """
    extension = payload.extension.bundle_id
    known = {
        name: key
        for name, key in extension_keys(extension).items()
        if (since := key.since(device.platform)) is not None and device.version >= since
    }
    lists = _Lists(payload.extension_data or {}, known, request.caller, managed=managed)
    if "AppAllowList" in known:
        return _microsoft(lists, msal=msal)
    if "credentialBundleIdACL" in known:
        return _kerberos(lists)
    return _unknown(f"no list is documented by which {extension} takes or declines a request")


def _unknown(text: str, key: str | None = None) -> Afterwards:
    return Afterwards(Statement.UNKNOWN, text, key=key)


class _NotReadableError(Exception):
    """A key that decides has a value of the wrong type, so nothing can be said."""

    def __init__(self, key: str, wanted: str, value: Value) -> None:
        self.key = key
        super().__init__(f"{key} must be {wanted}, not {kind_of(value)}")


class _Lists:
    """The documented keys of one payload, and the caller that is looked for in them."""

    def __init__(
        self,
        data: Mapping[str, Value],
        known: Mapping[str, ExtensionKey],
        caller: str | None,
        *,
        managed: bool | None,
    ) -> None:
        self._data = data
        self._known = known
        self.caller = caller
        self.managed = managed

    def value(self, key: str) -> Value:
        """The value of the key, its default if it is absent, None if the version lacks the key."""
        if key not in self._known:
            return None
        return self._data.get(key, self._known[key].default_value)

    def is_written(self, key: str) -> bool:
        return key in self._data

    def identifiers(self, key: str) -> tuple[str, ...]:
        """The identifiers of a list that is one string."""
        value = self.value(key)
        if value is None:
            return ()
        if not isinstance(value, str):
            raise _NotReadableError(key, "a string", value)
        # Documented by the vendor: commas divide the items.
        # Reading: spaces around an item do not count, and neither does an empty item.
        return tuple(item for part in value.split(",") if (item := part.strip()))

    def array(self, key: str) -> tuple[str, ...] | None:
        """The identifiers of a list that is an array, None if the key is absent."""
        value = self.value(key)
        if value is None:
            return None
        if not isinstance(value, tuple) or not all(isinstance(item, str) for item in value):
            raise _NotReadableError(key, "an array of strings", value)
        return tuple(str(item) for item in value)

    def is_on(self, key: str, on: bool | int) -> bool:
        """Whether a switch has the value `on`, whose type is the documented one."""
        value = self.value(key)
        if value is None:
            return False
        # True is an int to Python, and not to a property list
        if type(value) is not type(on):
            raise _NotReadableError(key, kind_of(on), value)
        return value == on


#: The ids of Safari, which take part without a list.
_SAFARI: Final = frozenset(
    {"com.apple.Safari", "com.apple.mobilesafari", "com.apple.SafariViewService"}
)
_NOT_MSAL: Final = "the caller does not use Microsoft's library (MSAL)"
_CASE: Final = "identifiers are compared with regard to case"


def _microsoft(lists: _Lists, *, msal: bool | None) -> Afterwards:
    # The order of the tests is the vendor's, except where a comment says otherwise.
    if msal:
        text = "a caller that uses Microsoft's library is never declined by the lists"
        return Afterwards(Statement.TAKES, text, Authority.VENDOR)
    caller = lists.caller
    if caller is None:
        return _unknown("the lists name callers, and the caller is not known")
    try:
        return _microsoft_lists(lists, caller, msal=msal)
    except _NotReadableError as error:
        return _unknown(str(error), error.key)


def _microsoft_lists(lists: _Lists, caller: str, *, msal: bool | None) -> Afterwards:
    provided = () if msal is False or caller in _SAFARI else (_NOT_MSAL,)
    unblocked = _microsoft_unblocked(lists, caller, provided)
    if caller in lists.identifiers("AppBlockList"):
        change = f"without {quote(caller)} in AppBlockList"
        if unblocked.statement is not Statement.TAKES:
            change += ", and with it in AppAllowList"
        return Afterwards(
            Statement.DECLINES,
            f"{caller} is listed in AppBlockList",
            Authority.VENDOR,
            "AppBlockList",
            caller,
            provided=provided,
            # Reading: documented for managed apps, taken for all.
            readings=(_CASE, "AppBlockList wins over the other lists for every caller"),
            changes=(change,),
        )
    return unblocked


def _microsoft_unblocked(lists: _Lists, caller: str, provided: tuple[str, ...]) -> Afterwards:
    """The statement about a caller that AppBlockList does not name."""
    blocked = (f"with {quote(caller)} in AppBlockList",)
    if caller in _SAFARI:
        text = f"{caller} is Safari, which takes part without a list"
        return Afterwards(Statement.TAKES, text, Authority.VENDOR, changes=blocked)
    if caller in lists.identifiers("AppAllowList"):
        text = f"{caller} is listed in AppAllowList"
        return Afterwards(
            Statement.TAKES,
            text,
            Authority.VENDOR,
            "AppAllowList",
            caller,
            readings=(_CASE,),
            changes=blocked,
        )
    is_default = not lists.is_written("AppPrefixAllowList")
    for prefix in lists.identifiers("AppPrefixAllowList"):
        if caller.startswith(prefix):
            where = "the default of AppPrefixAllowList" if is_default else "AppPrefixAllowList"
            return Afterwards(
                Statement.TAKES,
                f"{caller} begins with {prefix}, an item of {where}",
                Authority.VENDOR,
                "AppPrefixAllowList",
                prefix,
                is_default,
                readings=(_CASE,),
                changes=blocked,
            )
    return _microsoft_managed(lists, caller, provided)


def _microsoft_managed(lists: _Lists, caller: str, provided: tuple[str, ...]) -> Afterwards:
    key = "Enable_SSO_On_All_ManagedApps"
    if lists.is_on(key, 1):
        if lists.managed is None:
            return _unknown(f"{key} is 1, and whether {caller} is a managed app is not known", key)
        if lists.managed:
            text = f"{caller} is a managed app, and {key} is 1"
            return Afterwards(
                Statement.TAKES,
                text,
                Authority.VENDOR,
                key,
                changes=(f"with {quote(caller)} in AppBlockList",),
            )
    return Afterwards(
        Statement.DECLINES,
        f"no list names {caller}",
        Authority.VENDOR,
        provided=provided,
        readings=(_CASE,),
        changes=(
            f"with {quote(caller)} in AppAllowList",
            "with the beginning of the identifier in AppPrefixAllowList",
        ),
    )


def _kerberos(lists: _Lists) -> Afterwards:
    caller = lists.caller
    if caller is None:
        return _unknown("the list names callers, and the caller is not known")
    try:
        return _kerberos_lists(lists, caller)
    except _NotReadableError as error:
        return _unknown(str(error), error.key)


def _kerberos_lists(lists: _Lists, caller: str) -> Afterwards:
    mode = lists.value("credentialUseMode")
    if mode is not None and mode not in ("always", "whenNotSpecified"):
        # Documented: these two need the caller to be allowed. Of any other nothing is said.
        text = "credentialUseMode is neither always nor whenNotSpecified"
        return _unknown(f"{text}, so the list of callers need not decide", "credentialUseMode")
    key = "credentialBundleIdACL"
    allowed = lists.array(key)
    # Documented: without the list, every caller may use the ticket.
    managed, tools = "includeManagedAppsInBundleIdACL", "includeKerberosAppsInBundleIdACL"
    others_may = lists.value(managed) is True and lists.managed is not False
    if allowed is None:
        text = f"{caller} may use the ticket, because there is no {key}"
        changes = () if others_may else (f"with a {key} that does not name {quote(caller)}",)
        return Afterwards(Statement.TAKES, text, Authority.DOCUMENTED, key, changes=changes)
    if caller in allowed:
        text = f"{caller} is listed in {key}, so it may use the ticket"
        changes = () if others_may else (f"without {quote(caller)} in {key}",)
        return Afterwards(Statement.TAKES, text, Authority.DOCUMENTED, key, caller, changes=changes)
    provided: tuple[str, ...] = ()
    if lists.is_on(managed, True):
        if lists.managed is None:
            text = f"{managed} is true, and whether {caller} is a managed app is not known"
            return _unknown(text, managed)
        if lists.managed:
            text = f"{caller} is a managed app, and {managed} is true, so it may use the ticket"
            return Afterwards(Statement.TAKES, text, Authority.DOCUMENTED, managed)
    if lists.is_on(tools, True):
        provided = (f"{caller} is neither Ticket Viewer nor a Kerberos tool ({tools} is true)",)
    return Afterwards(
        Statement.DECLINES,
        f"{caller} may not use the ticket, because {key} does not name it",
        Authority.DOCUMENTED,
        key,
        provided=provided,
        changes=(f"with {quote(caller)} in {key}",),
    )
