"""Requests written as data, with a client or without."""

from __future__ import annotations

import pickle

import pytest

from bad_lines import BAD_CLIENTS
from ssoroute.model.asked_by import AskedBy, split_client
from ssoroute.model.request import Request, RequestError

URL = "https://h.example/"


def test_null_means_absent() -> None:
    given = {"url": URL, "caller": None, "response_code": 407, "screen_locked": None}
    assert Request.from_json(given) == Request(URL, None, 407)


@pytest.mark.parametrize(
    ("value", "field", "message"),
    [
        ([URL], None, 'a request is a JSON object such as {"url": "https://…"}'),
        ({}, "url", "`url` is missing"),
        ({"url": None}, "url", "`url` is missing"),
        ({"url": 1}, "url", "`url` must be a string, not an integer"),
        ({"url": URL, "caller": []}, "caller", "`caller` must be a string, not an array"),
        (
            {"url": URL, "response_code": True},
            "response_code",
            "`response_code` must be an integer, not a boolean",
        ),
        (
            {"url": URL, "screen_locked": 1},
            "screen_locked",
            "`screen_locked` must be a boolean, not an integer",
        ),
        ({"url": URL, "calller": "x"}, "calller", "unknown member `calller`"),
    ],
)
def test_a_request_that_is_not_one(value: object, field: str | None, message: str) -> None:
    with pytest.raises(RequestError) as caught:
        Request.from_json(value)
    assert caught.value.field == field
    assert str(caught.value).startswith(message)
    again = pickle.loads(pickle.dumps(caught.value))
    assert (again.message, again.field) == (caught.value.message, field)


@pytest.mark.parametrize(
    ("value", "asked_by"),
    [
        (URL, None),  # what is not an object is for `Request.from_json` to refuse
        ({"url": URL}, None),
        ({"url": URL, "client": None, "app": None}, None),
        ({"url": URL, "client": "safari"}, AskedBy("safari")),
        (
            {"url": URL, "client": "webview", "app": "com.example.a"},
            AskedBy("webview", "com.example.a"),
        ),
        ({"url": URL, "client": "safari", "caller": None}, AskedBy("safari")),
    ],
)
def test_a_client_is_taken_out_of_a_request(value: object, asked_by: AskedBy | None) -> None:
    rest, found = split_client(value)
    assert found == asked_by
    if not isinstance(value, dict):
        assert rest is value
        return
    assert isinstance(rest, dict)
    assert "client" not in rest
    assert "app" not in rest
    assert rest["url"] == URL


@pytest.mark.parametrize(("value", "field", "message"), BAD_CLIENTS)
def test_a_client_that_does_not_go_with_the_rest(value: object, field: str, message: str) -> None:
    with pytest.raises(RequestError) as caught:
        split_client(value)
    assert (caught.value.field, str(caught.value)) == (field, message)
