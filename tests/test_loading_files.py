"""Loading: files, folders and open files, and what the operating system can do to them."""

from __future__ import annotations

import io
import os
import socket
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from loading_samples import JSON, REDIRECT, XML, profile, xml
from ssoroute.loaders import load
from ssoroute.loaders.files import Input
from ssoroute.model.finding import LoadError
from ssoroute.model.source import Source

posix_only = pytest.mark.skipif(os.name != "posix", reason="needs a POSIX file system")


def named(name: str) -> bytes:
    return xml(profile(REDIRECT, PayloadIdentifier=name))


def write(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(named(name))


def findings_of(
    *sources: Input | Iterable[Input], max_bytes: int = 1 << 24
) -> list[tuple[str, str]]:
    with pytest.raises(LoadError) as caught:
        load(*sources, max_bytes=max_bytes)
    return [(finding.code, finding.source.file) for finding in caught.value.findings]


def test_a_file_is_called_as_it_was_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "a.mobileconfig")
    monkeypatch.chdir(tmp_path)
    for given in ("a.mobileconfig", "./a.mobileconfig", str(tmp_path / "a.mobileconfig")):
        assert load(given)[0].source == Source(given)
    assert load(Path("a.mobileconfig"))[0].source == Source("a.mobileconfig")


def test_the_ending_of_a_file_does_not_matter(tmp_path: Path) -> None:
    for name, data in [("a.json", XML), ("a.mobileconfig", JSON), ("a", XML), ("a.exe", XML)]:
        path = tmp_path / name
        path.write_bytes(data)
        assert len(load(path)) == 1


def test_a_folder_is_read_by_relative_path(tmp_path: Path) -> None:
    names = [
        "B.plist",
        "a-b.XML",
        "a.mobileconfig",
        "a/b/deep.tpl",
        "a/z.MobileConfig",
        "ab.json",
        "é.plist",
        "𝄞.plist",
    ]
    assert names == sorted(names)
    write(tmp_path, *reversed(names))
    write(
        tmp_path, ".hidden.plist", ".git/a.plist", "a/.x/b.plist", "notes.txt", "plist", "a/README"
    )
    profiles = load(tmp_path)
    assert [found.identifier for found in profiles] == names
    assert profiles[3].source.file == os.path.join(str(tmp_path), "a", "b", "deep.tpl")
    assert profiles.errors == profiles.findings == ()


def test_a_folder_keeps_the_name_it_was_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "d/a.plist", "d/e/b.plist")
    monkeypatch.chdir(tmp_path)
    assert [found.source.file for found in load("d")] == ["d/a.plist", "d/e/b.plist"]
    assert [found.source.file for found in load("d/")] == ["d/a.plist", "d/e/b.plist"]
    assert [found.source.file for found in load(".")] == ["./d/a.plist", "./d/e/b.plist"]


def test_an_empty_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x")
    assert findings_of(tmp_path) == [("SSO003", str(tmp_path))]


def test_what_is_missing_is_an_error(tmp_path: Path) -> None:
    missing = str(tmp_path / "none.plist")
    assert findings_of(missing) == [("SSO001", missing)]
    profiles = load(missing, XML)
    assert [str(error) for error in profiles.errors] == [
        f"{missing}: error: cannot be read: no such file or directory [SSO001]"
    ]


@pytest.mark.parametrize("path", ["", "a\0b", "\ud800.plist", "x" * 5000, "a\nb\u202e.plist"])
def test_impossible_paths_are_errors(path: str) -> None:
    with pytest.raises(LoadError) as caught:
        load(path)
    (finding,) = caught.value.findings
    assert finding.code == "SSO001"
    assert str(finding).isprintable()
    str(finding).encode()


@posix_only
def test_names_that_are_no_text_work(tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path)
    for name in (b"b\xe9.plist", "büro.plist".encode()):
        Path(os.fsdecode(folder + b"/" + name)).write_bytes(named("x"))
    profiles = load(tmp_path)
    assert [found.source.file.rsplit("/", 1)[1] for found in profiles] == [
        "büro.plist",
        "b\\udce9.plist",
    ]
    direct = load(os.fsdecode(folder + b"/b\xe9.plist"))
    str(direct[0].source).encode()


@posix_only
def test_links_to_folders_are_named_and_not_followed(tmp_path: Path) -> None:
    write(tmp_path, "d/a.plist")
    (tmp_path / "d" / "loop").symlink_to(tmp_path)
    (tmp_path / "d" / "self").symlink_to("self")
    (tmp_path / "link.plist").symlink_to(tmp_path / "d" / "a.plist")
    profiles = load(tmp_path)
    assert [found.source.file for found in profiles] == [
        f"{tmp_path}/d/a.plist",
        f"{tmp_path}/link.plist",
    ]
    assert [(found.code, found.source.file) for found in profiles.findings] == [
        ("SSO029", f"{tmp_path}/d/loop")
    ]
    (tmp_path / "whole").symlink_to(tmp_path / "d")
    assert len(load(tmp_path / "whole")) == 1


@posix_only
def test_links_that_lead_nowhere_are_errors(tmp_path: Path) -> None:
    (tmp_path / "a.plist").symlink_to("a.plist")
    (tmp_path / "b.plist").symlink_to("nothing")
    (tmp_path / "c").symlink_to("nothing")
    assert findings_of(tmp_path) == [
        ("SSO001", f"{tmp_path}/a.plist"),
        ("SSO001", f"{tmp_path}/b.plist"),
    ]


@posix_only
def test_pipes_sockets_and_devices_in_a_folder_are_left_out(tmp_path: Path) -> None:
    write(tmp_path, "a.plist")
    os.mkfifo(tmp_path / "pipe.plist")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "zero.plist").symlink_to("/dev/zero")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket.plist"))
        profiles = load(tmp_path)
    assert len(profiles) == 1
    assert [finding.code for finding in profiles.findings] == ["SSO029"] * 3


@posix_only
def test_an_endless_file_is_read_up_to_the_limit() -> None:
    assert findings_of("/dev/zero", max_bytes=10_000) == [("SSO002", "/dev/zero")]


@posix_only
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read all")
def test_what_may_not_be_read_is_an_error(tmp_path: Path) -> None:
    write(tmp_path, "a.plist", "d/b.plist", "c.plist")
    (tmp_path / "a.plist").chmod(0)
    (tmp_path / "d").chmod(0)
    try:
        profiles = load(tmp_path)
    finally:
        (tmp_path / "d").chmod(0o700)
    assert len(profiles) == 1
    assert {error.code for error in profiles.errors} == {"SSO001"}
    assert len(profiles.errors) == 2


@pytest.mark.parametrize("spare", [0, 1])
def test_the_limit_is_exact(tmp_path: Path, spare: int) -> None:
    path = tmp_path / "a.plist"
    path.write_bytes(XML)
    sources: list[Input] = [XML, bytearray(XML), memoryview(XML), path, tmp_path]
    for source in sources:
        assert len(load(source, max_bytes=len(XML) + spare)) == 1
        codes = findings_of(source, max_bytes=len(XML) - 1 - spare)
        assert [code for code, _ in codes] == ["SSO002"]
        with path.open("rb") as file:
            assert len(load(file, max_bytes=len(XML) + spare)) == 1
            file.seek(0)
            assert findings_of(file, max_bytes=len(XML) - 1 - spare)[0][0] == "SSO002"


class Stream:
    """An open file of which little is known, that gives out a few bytes at a time."""

    def __init__(self, data: bytes, step: int = 7) -> None:
        self.data = data
        self.step = step
        self.given = 0

    def read(self, size: int = -1, /) -> bytes:
        assert size > 0
        piece, self.data = self.data[: min(size, self.step)], self.data[min(size, self.step) :]
        self.given += len(piece)
        return piece


def test_a_stream_is_read_no_further_than_needed() -> None:
    stream: Any = Stream(XML)
    assert load(stream)[0].source == Source("<stream>")
    long: Any = Stream(b"x" * 10_000)
    assert findings_of(long, max_bytes=100) == [("SSO002", "<stream>")]
    assert long.given == 101


def test_streams_are_called_by_their_names(tmp_path: Path) -> None:
    path = tmp_path / "a.plist"
    path.write_bytes(XML)
    with path.open("rb") as file:
        assert load(file)[0].source == Source(str(path))
    with os.fdopen(os.open(path, os.O_RDONLY), "rb") as file:  # its name is a number
        assert load(file)[0].source == Source("<stream>")
    stdin: Any = io.BytesIO(XML)
    stdin.name = "<stdin>"
    assert load(stdin)[0].source == Source("-")
    assert load(io.BytesIO(XML))[0].source == Source("<stream>")


def test_a_closed_file_is_an_error() -> None:
    stream = io.BytesIO(XML)
    stream.close()
    assert findings_of(stream) == [("SSO001", "<stream>")]
    view = memoryview(XML)
    view.release()
    assert findings_of(view) == [("SSO001", "<bytes>")]


def test_a_stream_that_fails_is_an_error() -> None:
    class Failing(io.RawIOBase):
        def readable(self) -> bool:
            return True

        def read(self, _size: int = -1, /) -> bytes:
            raise OSError(5, "Input/output error")

    failing: Any = Failing()
    assert findings_of(failing) == [("SSO001", "<stream>")]


@pytest.mark.parametrize(
    "source", [None, 5, 1.5, object(), {"a": "b"}, {"a.plist"}, [None], [["a.plist"]], [{}]]
)
def test_what_is_no_source_is_a_type_error(source: Input) -> None:
    with pytest.raises(TypeError, match="a source is a path, bytes or an open binary file"):
        load(source)


def test_a_text_file_is_a_type_error() -> None:
    text: Any = io.StringIO(XML.decode())
    with pytest.raises(TypeError, match="must be binary"):
        load(text)
    numbers: Any = Stream(XML)
    numbers.read = lambda _size: [1, 2]
    with pytest.raises(TypeError, match="a source is"):
        load(numbers)


def test_a_negative_limit_is_refused() -> None:
    with pytest.raises(ValueError, match="must not be negative"):
        load(XML, max_bytes=-1)


def test_iterables_count_as_their_items() -> None:
    def generated() -> Iterator[bytes]:
        yield XML
        yield JSON

    assert len(load(generated(), (XML,), [io.BytesIO(JSON)])) == 4


def test_one_file_twice_is_two_profiles(tmp_path: Path) -> None:
    write(tmp_path, "a.plist")
    assert len(load(tmp_path, tmp_path / "a.plist")) == 2


def test_findings_of_a_folder_name_each_file(tmp_path: Path) -> None:
    write(tmp_path, "b.plist")
    (tmp_path / "a.plist").write_bytes(b"hello!")
    (tmp_path / "c.json").write_bytes(b"{")
    profiles = load(tmp_path)
    assert [(error.code, error.source.file) for error in profiles.errors] == [
        ("SSO004", str(tmp_path / "a.plist")),
        ("SSO009", str(tmp_path / "c.json")),
    ]


def test_a_caller_deep_down_gets_an_answer() -> None:
    def deeper(levels: int) -> int:
        return deeper(levels - 1) if levels else len(load(XML, JSON))

    limit = sys.getrecursionlimit()
    assert deeper(limit // 2) == 2
