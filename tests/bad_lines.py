"""Lines that hold no request: what they hold, the member at fault, and the message."""

from __future__ import annotations

from ssoroute.loaders.request_line import LINE_LIMIT

__all__ = ["BAD_CLIENTS", "BAD_LINES"]

BAD_LINES: list[tuple[bytes, str | None, str]] = [
    (b"", None, "the line is blank"),
    (b" \t\r", None, "the line is blank"),
    (b"{", None, "not JSON: expecting property name enclosed in double quotes at column 2"),
    (b'{"url": "x"} {}', None, "not JSON: extra data at column 14"),
    (b"[]", None, 'a request is a JSON object such as {"url": "https://…"}'),
    (b"null", None, 'a request is a JSON object such as {"url": "https://…"}'),
    (b'{"url": "\xff"}', None, "the line is not UTF-8 (byte 10)"),
    (b"{}", "url", "`url` is missing"),
    (b'{"url": null}', "url", "`url` is missing"),
    (b'{"uri": "x"}', "uri", "unknown member `uri`; did you mean `url`?"),
    (b'{"url": 1}', "url", "`url` must be a string, not an integer"),
    (
        b'{"url": "x", "response_code": true}',
        "response_code",
        "`response_code` must be an integer, not a boolean",
    ),
    (
        b'{"url": "x", "response_code": 401.0}',
        "response_code",
        "`response_code` must be an integer, not a real number",
    ),
    (b'{"url": "x", "response_code": NaN}', None, "not JSON: `NaN` is not a number"),
    (b'{"url": "x", "response_code": -Infinity}', None, "not JSON: `-Infinity` is not a number"),
    (
        b'{"url": "x", "response_code": ' + b"9" * 5000 + b"}",
        None,
        "an integer does not fit into 64 bits",
    ),
    (
        b'{"url": "x", "response_code": 18446744073709551616}',
        None,
        "an integer does not fit into 64 bits",
    ),
    (
        b'{"url": "x", "other": [-9223372036854775809]}',
        None,
        "an integer does not fit into 64 bits",
    ),
    (b'{"url": "x", "url": "y"}', "url", "the member `url` is written twice"),
    (b'{"url": {"a": 1, "a": 2}}', "url", "`url` must be a string, not an object"),
    (b"[" * 200_000, None, "values are nested too deep"),
    (b'{"url": "http://["}', "url", "`http://[` is not a URL to a browser"),
    (b'{"url": "https://\\ud800/"}', "url", "`https://\\ud800/` holds a lone surrogate (U+D800)"),
    (b"x" * (LINE_LIMIT + 1), None, "the line is longer than 16777216 bytes"),
    (b"x" * (3 * LINE_LIMIT), None, "the line is longer than 16777216 bytes"),
]

#: Members that say a wrong client.
BAD_CLIENTS: list[tuple[dict[str, object], str, str]] = [
    ({"client": 7}, "client", "`client` must be a string"),
    ({"client": "webview", "app": True}, "app", "`app` must be a string"),
    ({"client": "webview", "app": []}, "app", "`app` must be a string"),
    ({"app": "com.example.x"}, "app", "`app` goes with `client`, which is missing"),
    (
        {"client": "safari", "caller": "com.example.x"},
        "caller",
        "the client decides `caller`, leave it out",
    ),
    (
        {"client": "safari", "user_interface_enabled": False},
        "user_interface_enabled",
        "the client decides `user_interface_enabled`, leave it out",
    ),
]
