"""HAR logs and flows of mitmproxy."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli_world import corp, invoke
from replay_world import ELSEWHERE, LOGIN, P, chunks, entry, har, outcomes, replay
from ssoroute.replay.chunks import (
    Asked,
    AskedRow,
    LeftOut,
    Remark,
)
from ssoroute.replay.har import read_har

__all__ = ["corp"]


@pytest.mark.usefixtures("corp")
@pytest.mark.parametrize("indent", [None, 2])
def test_har_entries(indent: int | None) -> None:
    log = har(
        entry(LOGIN, 200),
        entry("https://a.example.com/", 401),
        entry("https://a.example.com/", 407),
        entry(7, 200),
        None,
        {"request": {"url": ELSEWHERE}},
    )
    lines, _, status = replay("-", stdin=json.dumps(log, indent=indent).encode())
    assert [line.get("reason") or line["error"] for line in lines] == [
        "url_prefix",
        "no_match",
        "host",
        "no_match",
        "host",
        {"file": "-", "line": 4, "field": "url", "message": "the entry has no `request.url`"},
        {"file": "-", "line": 5, "field": "url", "message": "the entry has no `request.url`"},
        "no_match",
    ]
    assert status == 3


BROKEN_HAR: list[tuple[bytes, int, str]] = [
    (b"", 0, "not a HAR: not JSON near byte 1"),
    (b"{}", 0, "not a HAR: the array `log.entries` is missing"),
    (b'{"log": []}', 0, "not a HAR: the array `log.entries` is missing"),
    (b'{"log": {"entries": {}}}', 0, "not a HAR: the array `log.entries` is missing"),
    (b'{"log": {"entries": [{"request": {"url": "x"}}', 1, "not a HAR: not JSON near byte 47"),
    (b'{"log": {"entries": [{"request": {"url": "x"}} {}', 1, "not a HAR: not JSON near byte 48"),
    (b'{"log": {"entries": [{"request": {"url": "x"}}, nul', 1, "not a HAR: not JSON near byte 49"),
    (b'{"log": {"entries": [{"request": {"url": "\xff"}}]}}', 0, "not a HAR: not UTF-8"),
    (b'{"log": ' + b"[" * 100_000, 0, "not a HAR: values are nested too deep"),
    (b"{1: 2}", 0, "not a HAR: not JSON near byte 3"),
]


@pytest.mark.parametrize(("data", "entries", "message"), BROKEN_HAR)
def test_a_broken_har_is_read_as_far_as_it_goes(data: bytes, entries: int, message: str) -> None:
    found = chunks(data, "log.har")
    assert found[-1].body == Remark(message, fatal=True)
    rows = [row for chunk in found[:-1] for row in getattr(chunk.body, "rows", [])]
    assert rows == [AskedRow(1, "x")] * entries


@given(
    entries=st.lists(st.tuples(st.text(), st.sampled_from([0, 200, 401])), max_size=20),
    size=st.integers(1, 40),
    ascii_only=st.booleans(),
)
def test_har_is_the_same_wherever_it_is_cut(
    entries: list[tuple[str, int]], size: int, ascii_only: bool
) -> None:
    class Slow(io.BytesIO):
        def read(self, most: int | None = -1) -> bytes:
            return super().read(min(size, most or size))

    text = json.dumps(
        har(*(entry(url, status) for url, status in entries)), ensure_ascii=ascii_only
    )
    expected: list[AskedRow] = []
    for number, (url, status) in enumerate(entries, 1):
        expected.append(AskedRow(number, url))
        if status == 401:
            expected.append(AskedRow(number, url, 401))
    rows: list[AskedRow] = []
    for chunk in read_har("-", Slow(text.encode())):
        assert isinstance(chunk.body, Asked)
        rows += chunk.body.rows
    assert rows == expected


def test_a_har_value_beyond_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ssoroute.replay.har._VALUE_LIMIT", 100)
    monkeypatch.setattr("ssoroute.replay.har.CHUNK_BYTES", 50)
    found = chunks(b'{"log": {"entries": ["' + b"x" * 1000, "log.har")
    assert found[-1].body == Remark("one value is longer than 100 characters", fatal=True)


def test_flow_files_need_mitmproxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "mitmproxy.exceptions", None)
    assert [chunk.body for chunk in chunks(b"20:9:websocket;0:~7:version;")] == [
        Remark(
            "a flow file of mitmproxy is read by mitmproxy, which is not installed here"
            " (`pip install mitmproxy`)",
            fatal=True,
        )
    ]


def test_tunnels_and_local_urls_in_a_har_are_left_out() -> None:
    tunnel = {"request": {"method": "CONNECT", "url": "https://h:443/"}}
    lower = {"request": {"method": "connect", "url": "https://h/"}}
    local = {"request": {"method": "GET", "url": "data:text/plain,x"}}
    found = chunks(json.dumps(har(tunnel, entry(LOGIN, 407), lower, local)).encode(), "log.har")
    assert [chunk.body for chunk in found] == [
        Asked(
            [
                AskedRow(1, LeftOut.TUNNEL),
                AskedRow(2, LOGIN, 0),
                AskedRow(2, LOGIN, 407),
                AskedRow(3, "https://h/", 0),
                AskedRow(4, LeftOut.LOCAL),
            ]
        ),
    ]


@pytest.mark.usefixtures("corp")
def test_what_is_left_out_is_counted() -> None:
    tunnel = {"request": {"method": "CONNECT", "url": "https://h:443/"}}
    log = json.dumps(har(tunnel, entry(LOGIN, 200), tunnel)).encode()
    lines, stderr, status = replay("-", stdin=log)
    assert outcomes(lines) == [(LOGIN, "url_prefix")]
    said = "left out (2): CONNECT requests, which only open tunnels through the proxy"
    assert f"-: warning: {said}\n" in stderr
    assert status == 0
    result = invoke("replay", P, "--json", "-", stdin=log)
    assert json.loads(result.stdout)["left_out"] == [{"file": "-", "kind": "tunnel", "count": 2}]


@pytest.mark.usefixtures("corp")
def test_flows_of_mitmproxy() -> None:
    reason = "flow files are read by mitmproxy"
    tflow = pytest.importorskip("mitmproxy.test.tflow", reason=reason)
    tutils = pytest.importorskip("mitmproxy.test.tutils", reason=reason)

    file = io.BytesIO()
    writer = pytest.importorskip("mitmproxy.io", reason=reason).FlowWriter(file)

    def add(url: str, status: int | None, method: str = "GET", **headers: str) -> None:
        flow = tflow.tflow(resp=status is not None)
        flow.request = tutils.treq(method=method.encode(), host="h", port=443, scheme=b"https")
        flow.request.url = url
        flow.request.headers.update(headers)
        if status is not None:
            flow.response.status_code = status
        writer.add(flow)

    add(LOGIN, 200)
    add("https://a.example.com/", 401)
    add(ELSEWHERE, None)
    add("https://h/", 200, "CONNECT")
    writer.add(tflow.ttcpflow())
    add("https://h/chat", 101, upgrade="websocket")
    lines, stderr, status = replay("-", stdin=file.getvalue())
    assert outcomes(lines) == [
        (LOGIN, "url_prefix"),
        ("https://a.example.com/", "no_match"),
        ("https://a.example.com/", "host"),
        (ELSEWHERE, "no_match"),
        ("wss://h/chat", "no_match"),
    ]
    assert "-: warning: left out (1): flows that are not HTTP requests\n" in stderr
    assert "-: warning: left out (1): CONNECT requests, which only open tunnels" in stderr
    assert status == 0
    lines, stderr, status = replay("-", stdin=file.getvalue()[:-10])
    assert len(lines) == 4
    assert "-: error: the flow file is damaged from here on: Invalid data format.\n" in stderr
    assert status == 3
