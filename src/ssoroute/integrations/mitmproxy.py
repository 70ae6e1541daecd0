"""The addon of mitmproxy: `mitmdump -s "$(ssoroute mitm-path)"` (docs/mitmproxy.md).

This module has the options, the hooks, the logging, and the thread that
follows the files. mitmproxy calls every function that has the name of a hook, also those of this
module: import nothing called `load`, `request` or `response` here.
"""

from __future__ import annotations

import logging
import os
import re
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast
from weakref import WeakKeyDictionary

from ssoroute.integrations import flow_record
from ssoroute.integrations.caller_map import app_of_process, is_entry
from ssoroute.integrations.watched_setup import SetupError, Spec, Watched
from ssoroute.model.quoting import quote
from ssoroute.model.spelling import Spelling
from ssoroute.routing.router import Matching

if TYPE_CHECKING:
    from mitmproxy.addonmanager import Loader
    from mitmproxy.connection import Client
    from mitmproxy.http import Headers, HTTPFlow

__all__ = ["METADATA", "TAG", "SsoRoute", "addons"]

#: The key of the record in the metadata of a flow (`flow_record.Record`).
METADATA: Final = "ssoroute"
#: The header that tags requests that an extension would take.
TAG: Final = "X-SSO-Route"

_MARKS: Final = ("off", "mark", "tag-header", "answer")
_MARKER: Final = ":key:"
_HEADER_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # RFC 9110 §5.6.2
_SECONDS_BETWEEN_LOOKS: Final = 0.5
#: An answer in place of the server reports no success and must not be cached.
_ANSWER_STATUS: Final = 403
_ANSWER_HEADERS: Final = {"Content-Type": "application/json", "Cache-Control": "no-store"}

# name, type, default, help
_OPTIONS: Final[tuple[tuple[str, object, object, str], ...]] = (
    ("sso_profiles", Sequence[str], [], "Profiles, declarations, dumps, or folders of them."),
    ("sso_os", str, "", "Platform and version, such as macOS@15.4; empty for the newest macOS."),
    ("sso_device", str, "", "A TOML or JSON file that describes the device."),
    ("sso_matching", str, "system", "How requests are matched: system or strict."),
    ("sso_spelling", str, "browser", "How URLs are spelled: app (as they are) or browser."),
    ("sso_caller_map", Sequence[str], [], "Entries CLIENT=BUNDLE, and TOML or JSON files of them."),
    ("sso_caller_header", str, "", "A header in which clients name their caller; empty for none."),
    ("sso_mark", str, "off", "For what an extension would take: off, mark, tag-header or answer."),
)

_log = logging.getLogger("ssoroute")


class SsoRoute:
    """Decides about every flow and writes the decision into its metadata and comment."""

    def __init__(self) -> None:
        self._watched = Watched(Spec())
        self._mark = "off"
        self._spelling = Spelling.BROWSER
        self._header = ""
        self._running = False
        self._stop = threading.Event()
        # The callers that the clients named when they opened their tunnels.
        self._connected: WeakKeyDictionary[Client, str] = WeakKeyDictionary()
        self._logged: set[str] = set()

    def load(self, loader: Loader) -> None:
        """Add the options."""
        for name, kind, default, text in _OPTIONS:
            loader.add_option(name, cast("type", kind), default, text)

    def configure(self, updated: set[str]) -> None:
        """Read the options as they are now; `OptionsError` lists all that is wrong."""
        if not any(name.startswith("sso_") for name in updated):
            return
        from mitmproxy import ctx, exceptions

        options: Any = ctx.options
        options_error: Any = exceptions.OptionsError  # which has no types
        header: str = options.sso_caller_header.strip()
        problems = _problems(options, header)
        spec, watched = _spec(options), self._watched
        if spec != watched.spec:
            try:
                watched = Watched(spec)
            except SetupError as error:
                problems += error.problems
        if problems:
            raise options_error("\n".join(problems))
        self._mark, self._header = options.sso_mark, header
        self._spelling = Spelling(options.sso_spelling)
        if watched is not self._watched:
            self._watched = watched
            for notice in watched.setup.notices:
                _log.log(notice.level, "ssoroute: %s", notice.text)
            if self._running:
                self._follow()

    def running(self) -> None:
        """Start to follow the files."""
        self._running = True
        if not self._watched.spec.profiles:
            _log.warning("ssoroute: sso_profiles is empty, so no profile is installed")
        self._follow()

    def done(self) -> None:
        """Stop following the files."""
        self._running = False
        self._stop.set()

    def _follow(self) -> None:
        self._stop.set()
        self._stop = stop = threading.Event()
        if self._watched.spec.paths:
            arguments = (self._watched, stop)
            threading.Thread(target=_look_now_and_then, args=arguments, daemon=True).start()

    def http_connect(self, flow: HTTPFlow) -> None:
        """Keep the caller that a client names for its tunnel; the tunnel itself is not decided."""
        flow.request.headers.pop(TAG, None)
        caller = self._take_caller(flow.request.headers)
        if caller:
            self._connected[flow.client_conn] = caller

    def requestheaders(self, flow: HTTPFlow) -> None:
        """Decide about the load."""
        named = self._take_caller(flow.request.headers)
        flow.request.headers.pop(TAG, None)  # only this addon writes the tag
        before = flow.metadata.pop(METADATA, None)
        with self._kept_going():
            self._decide_load(flow, named, before)

    def request(self, flow: HTTPFlow) -> None:
        """Answer in place of the server, if `sso_mark` says so and nothing has been sent to it.

        Not in `requestheaders`: mitmproxy fails if a response is set and the body of the request
        is streamed afterwards.
        """
        if flow.request.trailers:
            flow.request.trailers.pop(TAG, None)
        if flow.response is None and not flow.request.stream:
            with self._kept_going():
                self._answer(flow)

    def responseheaders(self, flow: HTTPFlow) -> None:
        """Decide about the challenge, if the response is one."""
        if flow.response is None:
            return
        headers = flow.response.headers
        headers.pop(TAG, None)
        with self._kept_going():
            code = flow.response.status_code
            if code in flow_record.CHALLENGE_CODES:
                self._decide_challenge(flow, code)
            record = flow.metadata.get(METADATA)
            if record and self._mark == "tag-header":
                for value in flow_record.tags(record):
                    headers.add(TAG, value)

    def response(self, flow: HTTPFlow) -> None:
        """Answer in place of the challenge, if `sso_mark` says so and it has not been sent yet."""
        found = flow.response
        if found and found.trailers:
            found.trailers.pop(TAG, None)
        if found and found.status_code in flow_record.CHALLENGE_CODES and not found.stream:
            with self._kept_going():
                self._answer(flow)

    def _decide_load(self, flow: HTTPFlow, named: str | None, before: object) -> None:
        setup = self._watched.setup
        # A replayed flow has lost its header. A flow from a file may have a URL that another addon
        # gave it.
        url, caller_before = flow_record.asked_before(before) or (None, None)
        if url is None or flow.live:
            url = flow_record.text_of(flow.request.pretty_url)
            url = flow_record.asked_url(url, flow.request.headers.get("upgrade", ""))
        # Facts that the proxy knows about a client come before what the client claims.
        caller = (
            _first(setup.callers.of_process, app_of_process, value=_process_of(flow.client_conn))
            or setup.callers.of_address(flow.client_conn.peername[0])
            or named
            or self._connected.get(flow.client_conn)
            or caller_before
        )
        self._write(flow, flow_record.record_load(setup.router, url, caller, self._spelling))
        if self._mark == "tag-header":
            for value in flow_record.tags(flow.metadata[METADATA]):
                flow.request.headers.add(TAG, value)

    def _decide_challenge(self, flow: HTTPFlow, code: int) -> None:
        # Another addon may have changed the request since; the record has the original one.
        before = flow.metadata.get(METADATA)
        if before:
            self._write(
                flow, flow_record.record_challenge(self._watched.setup.router, before, code)
            )

    def _write(self, flow: HTTPFlow, record: flow_record.Record) -> None:
        flow.metadata[METADATA] = record
        flow.comment = flow_record.comment(flow.comment, record)
        if self._mark == "mark" and flow_record.taken(record) and not flow.marked:
            flow.marked = _MARKER

    def _answer(self, flow: HTTPFlow) -> None:
        record = flow.metadata.get(METADATA)
        if self._mark != "answer" or not record or not flow_record.taken(record):
            return
        if not flow.live:  # a flow from a file has no client to answer
            return
        from mitmproxy.http import Response

        flow.response = Response.make(_ANSWER_STATUS, flow_record.answer(record), _ANSWER_HEADERS)
        for value in flow_record.tags(record):
            flow.response.headers.add(TAG, value)

    def _take_caller(self, headers: Headers) -> str | None:
        """Remove the header that names the caller from `headers`, and return the caller."""
        if not self._header or self._header not in headers:
            return None
        values = headers.get_all(self._header)
        del headers[self._header]
        return flow_record.text_of(values[0]).strip() or None

    @contextmanager
    def _kept_going(self) -> Iterator[None]:
        """Keep the proxy running whatever fails; log each failing place once.

        The message of the exception is not logged: it may quote what a client sent.
        """
        try:
            yield
        except Exception as error:  # noqa: BLE001 - see above
            place = traceback.extract_tb(error.__traceback__)[-1]
            text = f"{type(error).__name__} in {Path(place.filename).name}, line {place.lineno}"
            if text not in self._logged:
                self._logged.add(text)
                _log.error("ssoroute: a flow continues undecided: %s", text)


def _problems(options: Any, header: str) -> list[str]:
    """What is wrong with options each of which is judged by itself."""
    problems = [
        f"{name}: unknown {quote(value)}; known are {', '.join(known)}"
        for name, value, known in (
            ("sso_mark", options.sso_mark, _MARKS),
            ("sso_spelling", options.sso_spelling, tuple(Spelling)),
            ("sso_matching", options.sso_matching, tuple(Matching)),
        )
        if value not in known
    ]
    if header and not _HEADER_NAME.fullmatch(header):
        problems.append(f"sso_caller_header: {quote(header)} is not the name of a header")
    return problems


def _spec(options: Any) -> Spec:
    """What the router is made of; an unknown matching counts as `system`."""
    return Spec(
        tuple(map(_path, options.sso_profiles)),
        options.sso_os,
        _path(options.sso_device),
        tuple(text if is_entry(text) else _path(text) for text in options.sso_caller_map),
        options.sso_matching if options.sso_matching in list(Matching) else "system",
    )


def _path(text: str) -> str:
    """`text` with a leading `~` expanded, which the shell does not do in `--set a=~/b`."""
    return os.path.expanduser(text)


def _look_now_and_then(watched: Watched, stop: threading.Event) -> None:
    while not stop.wait(_SECONDS_BETWEEN_LOOKS):
        for notice in watched.look():
            if not stop.is_set():
                _log.log(notice.level, "ssoroute: %s", notice.text)


def _first(*ways: Callable[[str], str | None], value: str | None) -> str | None:
    """The first answer that one of `ways` gives for `value`; None if `value` is empty."""
    return next(filter(None, (way(value) for way in ways)), None) if value else None


def _process_of(client: Client) -> str | None:
    """The process behind `client`, which mitmproxy knows only in local capture mode.

    mitmproxy knows the process per connection, not per flow, so it is looked up there.
    """
    if client.proxy_mode.type_name != "local":
        return None
    from mitmproxy import ctx

    master: Any = ctx.master
    try:
        handler = master.addons.get("proxyserver").connections[client.id]
        found = handler.transports[handler.client].writer.get_extra_info("process_name", None)
    except (AttributeError, KeyError):  # a flow from a file, or another version of mitmproxy
        return None
    return found if isinstance(found, str) else None


addons = [SsoRoute()]
