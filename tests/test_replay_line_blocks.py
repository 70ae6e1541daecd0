"""How a log is cut into blocks of whole lines."""

from __future__ import annotations

import gzip
from io import BufferedReader, BytesIO
from pathlib import Path
from typing import BinaryIO

import pytest

from ssoroute.replay.compressed import expanded
from ssoroute.replay.line_blocks import line_blocks

LINES = b"".join(b"https://h/%d\n" % number for number in range(2_000))


def blocks(stream: BinaryIO, size: int = 100, limit: int = 50) -> list[bytes]:
    """The blocks, whose positions are held against their lengths."""
    found = list(line_blocks(stream, size, limit))
    assert [position for _, position in found][-1] == sum(len(data) for data, _ in found)
    return [data for data, _ in found]


@pytest.mark.parametrize("size", [1, 2, 11, 12, 13, 100, 10**6])
@pytest.mark.parametrize("end", [b"", b"https://h/last"])
def test_a_file_is_cut_as_a_pipe_is(tmp_path: Path, size: int, end: bytes) -> None:
    path = tmp_path / "log.urls"
    path.write_bytes(LINES + end)
    with path.open("rb") as file:
        found = blocks(file, size)
    assert b"".join(found) == LINES + end
    assert all(data.endswith(b"\n") for data in found[:-1])
    assert all(len(data) < size + 15 for data in found)


@pytest.mark.parametrize("long", [49, 50, 51, 52, 400])
def test_a_line_above_the_limit_is_cut_alike(tmp_path: Path, long: int) -> None:
    data = b"a" * 90 + b"b" * long + b"\nhttps://h/\n"
    path = tmp_path / "log.urls"
    path.write_bytes(data)
    with path.open("rb") as file:
        found = [block for block, _ in line_blocks(file, 100, 50)]
    assert found == [block for block, _ in line_blocks(BytesIO(data), 100, 50)]


def test_a_compressed_log_is_expanded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def seek(*_: object) -> int:
        raise AssertionError("it would be expanded again from its beginning")

    monkeypatch.setattr(gzip.GzipFile, "seek", seek)
    with expanded(BufferedReader(BytesIO(gzip.compress(LINES)))) as stream:
        assert b"".join(blocks(stream)) == LINES
