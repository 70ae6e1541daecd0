"""The operations of `ssoroute device serve`: what a line asks of the emulated device.

`OPERATIONS` is the table of them. docs/device-serve.md describes the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final, NamedTuple, TypeAlias

from ssoroute.cli.answering import decision_of, explained, explanation_to_json
from ssoroute.cli.request_lines import spelled
from ssoroute.emulation.emulated_device import EmulatedDevice, NotInstalledError
from ssoroute.install.installation import Accepted
from ssoroute.loaders import load
from ssoroute.loaders.uploads import uploaded
from ssoroute.model.asked_by import split_client
from ssoroute.model.device import Device
from ssoroute.model.kinds import JSON, must_be
from ssoroute.model.members import unknown_member
from ssoroute.model.profile import Channel, Profiles
from ssoroute.model.quoting import quote
from ssoroute.model.request import Request, RequestError
from ssoroute.model.spelling import Spelling
from ssoroute.routing.router import Matching

__all__ = ["OPERATIONS", "Emulation", "answer"]

_Members: TypeAlias = Mapping[str, object]
_Result: TypeAlias = dict[str, object]


class Emulation:
    """The device of one session. `read` gives the profiles and the device that it begins with.

    What `read` raises is raised: `InvalidInputError` if the files cannot be read.
    """

    def __init__(
        self, read: Callable[[], tuple[Profiles, Device]], matching: Matching, spelling: Spelling
    ) -> None:
        self._read = read
        self._matching = matching
        self.spelling = spelling
        self.device = EmulatedDevice()
        self.reload()

    def reload(self) -> _Result:
        """Begin again with what `read` gives now; the screen stays as it is."""
        profiles, device = self._read()
        fresh = EmulatedDevice(device, matching=self._matching)
        result = _install(fresh, profiles)
        if self.device.locked:
            fresh.lock()
        self.device = fresh
        return result


def answer(emulation: Emulation, value: object) -> _Result:
    """What comes of the operation that the JSON value of a line names.

    `RequestError` if the line is wrong, `InvalidInputError` if a profile cannot be read.
    """
    if not isinstance(value, Mapping):
        raise RequestError('an operation is a JSON object such as {"op": "lock"}')
    name = _string(value, "op")
    operation = OPERATIONS.get(name)
    if operation is None:
        known = list(OPERATIONS)
        what = unknown_member(name, known).replace("member", "operation", 1)
        raise RequestError(what, "op")
    members = {key: member for key, member in value.items() if key != "op"}
    if operation.members is not None:
        for key in members:
            if key not in operation.members:
                raise RequestError(_unknown(key, name, operation.members), key)
    return operation.run(emulation, members)


def _unknown(key: str, name: str, known: tuple[str, ...]) -> str:
    if not known:
        return f"the operation {quote(name)} has no member {quote(key)}; leave it out"
    return unknown_member(key, list(known))


def _string(members: _Members, name: str, default: str | None = None) -> str:
    value = members.get(name)
    if value is None:
        if default is None:
            raise RequestError(f"`{name}` is missing", name)
        return default
    if not isinstance(value, str) or not value:
        raise RequestError(f"`{name}` {must_be('a non-empty string', value, JSON)}", name)
    return value


def _channel(members: _Members) -> Channel | None:
    name = _string(members, "channel", "")
    if name not in ("", *Channel):
        raise RequestError(f"`channel` must be `device` or `user`, not {quote(name)}", "channel")
    return Channel(name) if name else None


def _install(device: EmulatedDevice, loaded: Profiles) -> _Result:
    answers = device.install_all(loaded)
    return {
        "installed": [found.to_json() for found in answers if isinstance(found, Accepted)],
        "refused": [found.to_json() for found in answers if not isinstance(found, Accepted)],
        "findings": [found.to_json() for found in (*loaded.errors, *loaded.findings)],
    }


def _run_install(emulation: Emulation, members: _Members) -> _Result:
    channel = _channel(members)
    if members.get("base64") is None:
        if members.get("name") is not None:
            raise RequestError("`name` goes with `base64`, which is missing", "name")
        return _install(emulation.device, load(_string(members, "path"), channel=channel))
    if members.get("path") is not None:
        raise RequestError("`path` and `base64` both give the profile; leave one out", "path")
    file = uploaded(_string(members, "name", "<bytes>"), _string(members, "base64"))
    return _install(emulation.device, load(file, channel=channel))


def _run_remove(emulation: Emulation, members: _Members) -> _Result:
    identifier = _string(members, "profile")
    try:
        removed = emulation.device.remove(identifier, _channel(members) or Channel.DEVICE)
    except NotInstalledError as error:
        raise RequestError(str(error), "profile") from None
    return {"removed": {"profile": removed.identifier, "source": removed.source.to_json()}}


def _run_lock(emulation: Emulation, _members: _Members) -> _Result:
    emulation.device.lock()
    return {"locked": True}


def _run_unlock(emulation: Emulation, _members: _Members) -> _Result:
    emulation.device.unlock()
    return {"locked": False}


def _run_route(emulation: Emulation, members: _Members) -> _Result:
    rest, by = split_client(members)
    request = _request(emulation, rest)
    return decision_of(emulation.device.router, request, by, emulation.spelling)


def _run_explain(emulation: Emulation, members: _Members) -> _Result:
    from ssoroute.cli.by_client import caller_hint  # only explanations have hints

    request = _request(emulation, members)
    routed = spelled(request, emulation.spelling)
    if isinstance(routed, RequestError):
        raise routed
    router = emulation.device.router
    hint = caller_hint(request.caller, router.device.platform)
    return explanation_to_json(*explained(router, request, routed, emulation.spelling, hint))


def _request(emulation: Emulation, members: object) -> Request:
    """The request of a line, as the screen is now."""
    request = Request.from_json(members)
    if isinstance(members, Mapping) and members.get("screen_locked") is not None:
        what = "the device has a screen; use the operations `lock` and `unlock`"
        raise RequestError(what, "screen_locked")
    return replace(request, screen_locked=emulation.device.locked)


class _Operation(NamedTuple):
    """What to run, and the members that a line may have; None for those of a request."""

    run: Callable[[Emulation, _Members], _Result]
    members: tuple[str, ...] | None


OPERATIONS: Final[Mapping[str, _Operation]] = {
    "install": _Operation(_run_install, ("path", "base64", "name", "channel")),
    "remove": _Operation(_run_remove, ("profile", "channel")),
    "lock": _Operation(_run_lock, ()),
    "unlock": _Operation(_run_unlock, ()),
    "route": _Operation(_run_route, None),
    "explain": _Operation(_run_explain, None),
    "reload": _Operation(lambda emulation, _members: emulation.reload(), ()),
}
