"""The routes of the service. Every handler takes the configuration once and answers from it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request as HTTPRequest
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from ssoroute.asking.answers import every_answer
from ssoroute.evidence.table import experiments
from ssoroute.loaders import load
from ssoroute.model.decision import Decision
from ssoroute.model.errors import InvalidInputError
from ssoroute.model.packaged import packaged_text
from ssoroute.model.profile import users_of
from ssoroute.model.urls import without_password
from ssoroute.real_device import RealDevice
from ssoroute.real_device.of_explanation import facts_to_json
from ssoroute.service.asked import checked_to_json, configuration_of, holdings_to_json
from ssoroute.service.configuration import Configuration, Served
from ssoroute.service.decision_log import DecisionLog
from ssoroute.service.guard import Guard
from ssoroute.service.messages import (
    Ask,
    Compare,
    Explain,
    Look,
    read_asks,
    read_body,
    routed,
)
from ssoroute.service.metrics import Metrics
from ssoroute.service.openapi import document
from ssoroute.service.problems import RefusedError, problem
from ssoroute.service.sysdiagnoses import Sysdiagnoses

__all__ = ["SYSDIAGNOSE", "Service", "application"]

#: The path whose body is read while it arrives.
SYSDIAGNOSE: Final = "/v1/sysdiagnose"
_TYPES: Final = {"html": "text/html", "css": "text/css", "js": "text/javascript"}
_encode: Final = msgspec.json.Encoder().encode
_Handler = Callable[[HTTPRequest], Awaitable[Response]]


@dataclass(slots=True)
class Service:
    """What the handlers share."""

    served: Served
    allow_install: bool = False
    log: DecisionLog | None = None
    metrics: Metrics = field(default_factory=Metrics)
    sysdiagnoses: Sysdiagnoses = field(default_factory=Sysdiagnoses)

    async def route(self, request: HTTPRequest) -> Response:
        """`POST /v1/route`: one decision, or one for each request of a list."""
        asks = read_asks(await request.body())
        now = self.served.current
        if isinstance(asks, list):  # a long one would hold up the others
            return await asyncio.to_thread(self._answers, now, asks)
        answer = self._answer(now, asks)
        if "error" in answer:
            raise InvalidInputError(str(answer["error"]))
        return _json(answer, now)

    def _answers(self, now: Configuration, asks: list[Ask]) -> Response:
        decisions = [self._answer(now, ask) for ask in asks]
        return _json({"schema": 1, "configuration": now.digest, "decisions": decisions}, now)

    def _answer(self, now: Configuration, ask: Ask) -> dict[str, object]:
        try:
            request = routed(ask)
        except InvalidInputError as error:
            url = without_password(ask.url)
            answer: dict[str, object] = {"schema": 1, "url": url, "error": str(error)}
        else:
            decision: Decision = now.router.route(*request.arguments)
            self.metrics.count(decision)
            if self.log is not None:
                self.log.write(request, decision, now.digest)
            answer = decision.to_json(without_password(ask.url))
            answer["configuration"] = now.digest
        if ask.id is not None:
            answer["id"] = ask.id
        return answer

    async def explain(self, request: HTTPRequest) -> Response:
        """`POST /v1/explain`: the way of one request, on the service's profiles or on others."""
        asked = read_body(await request.body(), Explain)
        wanted = routed(asked.request)
        now, real = await self._asked(asked)
        explanation = await asyncio.to_thread(now.router.explain, *wanted.arguments)
        answer = explanation.without_passwords().to_json()
        if real is not None:
            answer |= facts_to_json(explanation, real)
        answer["decision"] = explanation.decision.to_json(without_password(asked.request.url))
        answer["configuration"] = now.digest
        return _json(answer, now)

    async def compare(self, request: HTTPRequest) -> Response:
        """`POST /v1/clients`: what each client hands over for a page, and what comes of it."""
        asked = read_body(await request.body(), Compare)
        if without_password(asked.url) != asked.url:
            raise InvalidInputError("the body: url: the page of a client has no password")
        now, _ = await self._asked(asked)
        every = await asyncio.to_thread(
            every_answer, now.router, asked.url, asked.app, screen_locked=asked.screen_locked
        )
        return _json({"schema": 1, "configuration": now.digest} | every.to_json(asked.url), now)

    async def experiments(self, _: HTTPRequest) -> Response:
        """`GET /v1/experiments`: tests on a device that would settle what is not documented."""
        found = [experiment.to_json() for experiment in experiments().values()]
        return _json({"schema": 1, "experiments": found}, self.served.current)

    async def look(self, request: HTTPRequest) -> Response:
        """`POST /v1/look`: what a device would hold, and what the checks find."""
        asked = read_body(await request.body(), Look)
        now, _ = await self._asked(asked)
        return _json(await asyncio.to_thread(holdings_to_json, now, checked=True), now)

    async def sysdiagnose(self, request: HTTPRequest) -> Response:
        """`POST /v1/sysdiagnose`: read an archive while it arrives, and name it for questions."""
        name, real = await self.sysdiagnoses.read(request.receive)
        answer = real.to_json() | {"sysdiagnose": name, "users": users_of(real.profiles)}
        return _json(answer, self.served.current)

    async def profiles(self, _: HTTPRequest) -> Response:
        """`GET /v1/profiles`: installed, refused, replaced, inactive and active payloads."""
        now = self.served.current
        return _json(await asyncio.to_thread(holdings_to_json, now, checked=False), now)

    async def device(self, _: HTTPRequest) -> Response:
        """`GET /v1/device`: the device and how requests are matched."""
        now = self.served.current
        members = now.device.to_json() | {"matching": now.matching.value}
        return _json({"schema": 1, "configuration": now.digest, "device": members}, now)

    async def check(self, request: HTTPRequest) -> Response:
        """`POST /v1/check`: the findings about one uploaded profile."""
        body = await request.body()
        now = self.served.current
        target = request.query_params.get("os")
        findings = await asyncio.to_thread(checked_to_json, body, now, target)
        return _json({"schema": 1, "findings": findings}, now)

    async def install(self, request: HTTPRequest) -> Response:
        """`POST /v1/profiles`: install an uploaded profile after the others."""
        if not self.allow_install:
            return _read_only()
        body = await request.body()
        await asyncio.to_thread(lambda: self.served.install(load(body)))
        return await self.profiles(request)

    async def remove(self, request: HTTPRequest) -> Response:
        """`DELETE /v1/profiles/{identifier}`: remove a profile that was installed here."""
        if not self.allow_install:
            return _read_only()
        identifier = request.path_params["identifier"]
        if not await asyncio.to_thread(self.served.remove, identifier):
            detail = "no profile with this identifier was installed through the service"
            return problem(HTTPStatus.NOT_FOUND, detail)
        return await self.profiles(request)

    async def health(self, _: HTTPRequest) -> Response:
        """`GET /healthz`: whether the last change of the files could be read."""
        problems = self.served.problems
        status = HTTPStatus.SERVICE_UNAVAILABLE if problems else HTTPStatus.OK
        members = {
            "status": "stale" if problems else "ok",
            "configuration": self.served.current.digest,
            "problems": [_without_folder(line) for line in problems],
        }
        return Response(_encode(members), status.value, media_type="application/json")

    async def count(self, _: HTTPRequest) -> Response:
        """`GET /metrics`, for Prometheus."""
        installed = len(self.served.current.router.installation.installed)
        text = self.metrics.text(installed)
        return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")

    async def openapi(self, _: HTTPRequest) -> Response:
        """`GET /openapi.json`."""
        return Response(_encode(document()), media_type="application/json")

    async def _asked(self, asked: Look) -> tuple[Configuration, RealDevice | None]:
        """The configuration that a question is about, and its sysdiagnose."""
        name = asked.sysdiagnose
        real = None if name is None else self.sysdiagnoses.named(name)
        return await asyncio.to_thread(configuration_of, asked, self.served.current, real), real


def _without_folders(value: Any) -> Any:
    """`value` without the folders of files: answers never show a path of the server's disk."""
    if isinstance(value, dict):
        return {
            name: _base_name(item)
            if name == "file" and isinstance(item, str)
            else _without_folders(item)
            for name, item in value.items()
        }
    return [_without_folders(item) for item in value] if isinstance(value, list) else value


def _base_name(path: str) -> str:
    return path.replace("\\", "/").rpartition("/")[2]


def _without_folder(line: str) -> str:
    """A line about a file, with the name of the file only."""
    file, separator, rest = line.partition(": ")
    return f"{_base_name(file)}{separator}{rest}"


def _json(members: object, now: Configuration) -> Response:
    return Response(
        _encode(_without_folders(members)),
        media_type="application/json",
        headers={"etag": f'"{now.digest}"'},
    )


def _read_only() -> Response:
    detail = "this service does not install profiles; start it with --allow-install"
    return problem(HTTPStatus.FORBIDDEN, detail)


def _guarded(handler: _Handler) -> _Handler:
    """`handler`, with invalid input answered as a problem."""

    async def guarded(request: HTTPRequest) -> Response:
        try:
            return await handler(request)
        except InvalidInputError as error:
            lines = [_without_folder(line) for line in error.problems]
            return problem(HTTPStatus.BAD_REQUEST, "the request is invalid", lines)
        except RefusedError as error:
            return problem(error.status, error.detail)

    return guarded


def _page(name: str) -> _Handler:
    text = packaged_text(f"service/page/{name}")
    kind = _TYPES[name.rpartition(".")[2]]

    async def page(_: HTTPRequest) -> Response:
        return Response(text, media_type=kind)

    return page


async def _unknown(_: HTTPRequest, __: Exception) -> Response:
    return problem(HTTPStatus.NOT_FOUND, "there is nothing at this path; see /openapi.json")


async def _not_allowed(_: HTTPRequest, __: Exception) -> Response:
    return problem(HTTPStatus.METHOD_NOT_ALLOWED, "see /openapi.json for the methods of a path")


async def _failed(_: HTTPRequest, error: Exception) -> Response:
    # The type alone: a message may hold what a profile or a request holds.
    detail = f"an unexpected {type(error).__name__} was raised; please report it"
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, detail)


def application(service: Service, *, hosts: Collection[str] | None) -> ASGIApp:
    """The service as an ASGI application; `hosts` are the names that it answers to."""
    routes: list[tuple[str, str, _Handler]] = [
        ("POST", "/v1/route", service.route),
        ("POST", "/v1/explain", service.explain),
        ("POST", "/v1/look", service.look),
        ("POST", SYSDIAGNOSE, service.sysdiagnose),
        ("POST", "/v1/clients", service.compare),
        ("GET", "/v1/experiments", service.experiments),
        ("GET", "/v1/profiles", service.profiles),
        ("POST", "/v1/profiles", service.install),
        ("DELETE", "/v1/profiles/{identifier}", service.remove),
        ("POST", "/v1/check", service.check),
        ("GET", "/v1/device", service.device),
        ("GET", "/healthz", service.health),
        ("GET", "/metrics", service.count),
        ("GET", "/openapi.json", service.openapi),
        ("GET", "/", _page("index.html")),
        ("GET", "/page.css", _page("page.css")),
        ("GET", "/page.js", _page("page.js")),
    ]
    app = Starlette(
        routes=[Route(path, _guarded(to), methods=[method]) for method, path, to in routes],
        exception_handlers={404: _unknown, 405: _not_allowed, Exception: _failed},
    )
    return Guard(app, hosts=hosts, streamed={SYSDIAGNOSE})
