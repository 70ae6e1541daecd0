"""The OpenAPI document of the service; a test sends what it describes and holds it to it."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from ssoroute.model.decision import Outcome, Reason
from ssoroute.service.messages import BATCH_LIMIT, Ask, Compare, Explain, Look

__all__ = ["document"]

_REF: Final = "#/components/schemas/{name}"
_NULLABLE_OBJECT: Final = {"type": ["object", "null"]}
_DIGEST: Final = {"type": "string", "description": "names the configuration that answered"}
_DECISION: Final = {
    "type": "object",
    "required": ["schema", "url", "outcome", "reason", "extension", "rule", "lookalike", "notes"],
    "properties": {
        "schema": {"const": 1},
        "url": {"type": "string"},
        "outcome": {"enum": [outcome.value for outcome in Outcome]},
        "reason": {"enum": [reason.value for reason in Reason]},
        "extension": _NULLABLE_OBJECT,
        "rule": _NULLABLE_OBJECT,
        "lookalike": {"type": "boolean"},
        "notes": {"type": "array", "items": {"type": "object"}},
        "configuration": _DIGEST,
        "id": {"type": ["string", "integer"]},
    },
}
_PROBLEM: Final = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "problems": {"type": "array", "items": {"type": "string"}},
    },
}
_OBJECT: Final = {"type": "object", "required": ["schema"], "properties": {"schema": {"const": 1}}}


_BATCH: Final = {
    "type": "object",
    "required": ["schema", "configuration", "decisions"],
    "properties": {
        "schema": {"const": 1},
        "configuration": _DIGEST,
        "decisions": {"type": "array", "items": {"type": "object"}},
    },
}
_BINARY: Final = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}


def document() -> dict[str, Any]:
    """The document, OpenAPI 3.1."""
    _, schemas = msgspec.json.schema_components([Ask, Compare, Explain, Look], ref_template=_REF)
    schemas |= {"Decision": _DECISION, "Problem": _PROBLEM}
    return {
        "openapi": "3.1.0",
        "info": {"title": "ssoroute", "version": "1"},
        "paths": _questions() | _device() | _health(),
        "components": {"schemas": schemas},
    }


def _questions() -> dict[str, Any]:
    """The paths that change nothing."""
    asks = {"type": "array", "items": _ref("Ask"), "maxItems": BATCH_LIMIT}
    target = _parameter("os", "query", "the platform and version, such as macOS@15.4")
    return {
        "/v1/route": {
            "post": _operation(
                "Decide about one request, or about a list of them",
                {"anyOf": [_ref("Decision"), _BATCH]},
                _json({"anyOf": [_ref("Ask"), asks]}),
            )
        },
        "/v1/explain": {
            "post": _operation("Explain one request", _OBJECT, _json(_ref("Explain")))
        },
        "/v1/look": {
            "post": _operation(
                "What a device would hold, and what the checks find", _OBJECT,
                _json(_ref("Look")),
            )
        },
        "/v1/sysdiagnose": {
            "post": _operation(
                "Read a sysdiagnose (.tar.gz or .tar), and name it for questions", _OBJECT,
                _BINARY,
            )
        },
        "/v1/clients": {
            "post": _operation(
                "What each client hands over for a page", _OBJECT, _json(_ref("Compare"))
            )
        },
        "/v1/experiments": {
            "get": _operation("Tests on a device that would settle open facts", _OBJECT)
        },
        "/v1/check": {
            "post": _operation("Check an uploaded profile", _OBJECT, _BINARY, parameters=[target])
        },
    }  # fmt: skip


def _device() -> dict[str, Any]:
    """The paths of the device and its profiles."""
    identifier = _parameter("identifier", "path", "the PayloadIdentifier of the profile")
    removal = "Remove an installed profile (--allow-install)"
    return {
        "/v1/profiles": {
            "get": _operation("What the device holds", _OBJECT),
            "post": _operation("Install a profile (--allow-install)", _OBJECT, _BINARY),
        },
        "/v1/profiles/{identifier}": {
            "delete": _operation(removal, _OBJECT, parameters=[identifier]),
        },
        "/v1/device": {"get": _operation("The device", _OBJECT)},
    }


def _health() -> dict[str, Any]:
    answer = {"type": "object"}
    return {"/healthz": {"get": _operation("Whether the files could be read", answer)}}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": _REF.format(name=name)}


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _parameter(name: str, place: str, text: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": place,
        "required": place == "path",
        "description": text,
        "schema": {"type": "string"},
    }


def _operation(
    summary: str,
    answer: dict[str, Any],
    body: dict[str, Any] | None = None,
    parameters: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    problem = {"application/problem+json": {"schema": _ref("Problem")}}
    operation: dict[str, Any] = {
        "summary": summary,
        "responses": {
            "200": {"description": "the answer", "content": _json(answer)},
            "4XX": {"description": "what is wrong with the request", "content": problem},
            "503": {"description": "the last change could not be read", "content": _json({})},
        },
    }
    if body is not None:
        operation["requestBody"] = {"required": True, "content": body}
    if parameters:
        operation["parameters"] = parameters
    return operation
