"""What a device and its logs say that concerns one answer. It never changes the answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from ssoroute.loaders.log_events import EventKind, LogEvent
from ssoroute.model.device import Device
from ssoroute.model.payload import Extension
from ssoroute.model.source import Source
from ssoroute.model.urls import host_text
from ssoroute.real_device.values import Fact, FactKind

__all__ = ["facts_beside", "log_beside"]

_SAYS = {
    EventKind.HANDLED: "the extension got a request{about}",
    EventKind.IGNORED: "the extension got a request{about} and ignored it",
    EventKind.NOT_REGISTERED: "WebKit found no extension for a request{about}",
    EventKind.SUBFRAME: "WebKit met a request of a subframe{about}",
    EventKind.NO_GESTURE: "WebKit met a request without a user gesture{about}",
}


def facts_beside(device: Device, claims: Iterable[tuple[Extension, str | None]]) -> Iterator[Fact]:
    """What the sources of `device` say about extensions, and the hosts that they need.

    `claims` are pairs of an extension and a `host` or `host:port`, None if it needs none.
    """
    version = device.sources.get(("version",))
    if version:
        yield Fact(FactKind.VERSION, str(device), version)
    pairs = list(dict.fromkeys(claims))
    for extension in dict.fromkeys(extension for extension, _ in pairs):
        yield from _installed(device, extension)
    for extension, host in pairs:
        approval = device.approval(extension, host) if host else None
        source = device.approval_source(extension, host) if host and approval else None
        if approval and source:
            said = approval.replace("_", " ")
            yield Fact(FactKind.APPROVAL, f"authsrv:{host} {said}", source)


def _installed(device: Device, extension: Extension) -> Iterator[Fact]:
    listing = device.sources.get(("installed_extensions",))
    if listing is None or device.installed_extensions is None:
        return
    is_there = any(item.bundle_id == extension.bundle_id for item in device.installed_extensions)
    line = device.sources.get(("installed_extensions", extension.bundle_id))
    if is_there and line:
        yield Fact(FactKind.EXTENSION, f"{extension.bundle_id} installed", line)
    elif line:
        yield Fact(FactKind.EXTENSION, f"{extension.bundle_id} turned off", line)
    elif not is_there:
        yield Fact(FactKind.EXTENSION, f"{extension.bundle_id} not installed", listing)


def log_beside(events: Iterable[LogEvent], url: str, *, handled: bool) -> Iterator[Fact]:
    """What the lines of logs say about requests to the host of `url`, and about unnamed ones.

    One fact for each kind of line, with the place of the first. `handled` is what was decided; a
    line that says something else says so.
    """
    host = host_text(url).lower()
    counts: Counter[tuple[EventKind, bool]] = Counter()
    first: dict[tuple[EventKind, bool], Source] = {}
    for event in events:
        if event.hosts and host not in event.hosts:
            continue
        key = event.kind, bool(event.hosts)
        counts[key] += 1
        first.setdefault(key, event.source)
    for key, source in first.items():
        kind, is_named = key
        said = _SAYS[kind].format(about=f" to {host}" if is_named else "")
        unnamed = "" if is_named else " (the line names no URL)"
        many = f", {counts[key]} times" if counts[key] > 1 else ""
        got = kind in (EventKind.HANDLED, EventKind.IGNORED)
        differs = "; this differs from the answer" if is_named and got != handled else ""
        yield Fact(FactKind.LOG, f"{said}{unnamed}{many}{differs}", source)
