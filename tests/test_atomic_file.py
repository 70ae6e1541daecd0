"""Files are replaced whole, with their mode and owner, through links; devices and pipes are not."""

from __future__ import annotations

import errno
import os
import queue
import re
import socket
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ssoroute.atomic_file import NewFile, replace_file

is_root = hasattr(os, "geteuid") and os.geteuid() == 0


@contextmanager
def umask(bits: int) -> Iterator[None]:
    before = os.umask(bits)
    try:
        yield
    finally:
        os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# before (None: no file), private, umask, after
MODES: list[tuple[int | None, bool, int, int]] = [
    (None, False, 0o022, 0o644),
    (None, False, 0o077, 0o600),
    (None, False, 0o002, 0o664),
    (None, True, 0o022, 0o600),
    (0o600, False, 0o022, 0o600),
    (0o640, False, 0o077, 0o640),
    (0o664, False, 0o022, 0o664),
    (0o755, False, 0o022, 0o755),
    (0o644, True, 0o022, 0o600),
]


@pytest.mark.parametrize(("before", "private", "bits", "after"), MODES)
def test_the_mode(tmp_path: Path, before: int | None, private: bool, bits: int, after: int) -> None:
    path = tmp_path / "out"
    if before is not None:
        path.write_text("old")
        path.chmod(before)
    with umask(bits):
        replace_file(path, "new\n", private=private)
    assert path.read_bytes() == b"new\n"
    assert mode(path) == after
    assert names(tmp_path) == ["out"]


@pytest.mark.skipif(not is_root, reason="only root can give a file to another user")
def test_the_owner_stays(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_text("old")
    os.chown(path, 1234, 2345)
    path.chmod(0o640)
    replace_file(path, "new")
    found = path.stat()
    assert (found.st_uid, found.st_gid, mode(path)) == (1234, 2345, 0o640)


@pytest.mark.skipif(not is_root, reason="only root can take on another user")
def test_a_group_that_cannot_be_kept_gives_nobody_else_a_right() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o777)
        path = folder / "out"
        path.write_text("old")
        path.chmod(0o664)
        script = (  # the imports come first: the other user cannot read the library
            "import fcntl, os, sys; from ssoroute.atomic_file import replace_file;"
            "os.setgroups([]); os.setgid(2345); os.setuid(1234); replace_file(sys.argv[1], 'new')"
        )
        subprocess.run([sys.executable, "-c", script, str(path)], check=True)
        found = path.stat()
        assert (path.read_text(), found.st_uid, found.st_gid) == ("new", 1234, 2345)
        assert mode(path) == 0o644


def test_links_are_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    target = tmp_path / "real" / "out"
    target.write_text("old")
    (tmp_path / "near").symlink_to("real/out")
    (tmp_path / "far").symlink_to(tmp_path / "near")
    replace_file(tmp_path / "far", "new")
    assert target.read_text() == "new"
    assert (tmp_path / "far").is_symlink()
    assert (tmp_path / "near").is_symlink()
    assert names(tmp_path / "real") == ["out"]
    (tmp_path / "dangling").symlink_to("real/made")
    replace_file(tmp_path / "dangling", "made")
    assert (tmp_path / "real" / "made").read_text() == "made"
    assert (tmp_path / "dangling").is_symlink()


def test_what_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(OSError, match="symbolic links"):
        replace_file(tmp_path / "a", "x")
    with pytest.raises(IsADirectoryError):
        replace_file(tmp_path, "x")
    with pytest.raises(FileNotFoundError):
        replace_file(tmp_path / "none" / "out", "x")
    (tmp_path / "file").write_text("")
    with pytest.raises(NotADirectoryError):
        replace_file(tmp_path / "file" / "out", "x")
    with pytest.raises(ValueError, match="null byte"):
        replace_file(f"{tmp_path}/a\0b", "x")
    with tempfile.TemporaryDirectory(dir="/tmp") as short, socket.socket(socket.AF_UNIX) as end:
        end.bind(f"{short}/s")
        with pytest.raises(OSError, match="it is a socket"):
            replace_file(f"{short}/s", "x")
        assert stat.S_ISSOCK(Path(short, "s").stat().st_mode)
    assert names(tmp_path) == ["a", "b", "file"]


def test_a_device_stays_a_device(tmp_path: Path) -> None:
    if not is_root:
        replace_file("/dev/null", "x")
        return
    node = tmp_path / "null"
    os.mknod(node, 0o666 | stat.S_IFCHR, os.makedev(1, 3))
    replace_file(node, "x" * 100_000)
    assert stat.S_ISCHR(node.stat().st_mode)
    assert names(tmp_path) == ["null"]


def test_a_full_device_is_an_error() -> None:
    if not Path("/dev/full").exists():
        pytest.skip("the system has no /dev/full")
    with pytest.raises(OSError, match="No space left"):
        replace_file("/dev/full", "x")


def test_a_pipe_gets_the_bytes(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()))
    reader.start()
    replace_file(pipe, "x" * 200_000)
    reader.join(30)
    assert got == [b"x" * 200_000]
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert names(tmp_path) == ["pipe"]


def test_the_streams_of_the_process_are_written_where_they_are(tmp_path: Path) -> None:
    """Also where standard output is a file: what the shell writes to it later comes after."""
    script = "from ssoroute.atomic_file import replace_file; replace_file('/dev/stdout', 'ours\\n')"
    command = 'exec >out; echo before; "$@"; echo after'
    subprocess.run(
        ["sh", "-c", command, "sh", sys.executable, "-c", script], cwd=tmp_path, check=True
    )
    assert (tmp_path / "out").read_text() == "before\nours\nafter\n"
    assert names(tmp_path) == ["out"]


def test_leaving_early_keeps_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_text("old")
    with NewFile(path) as new:
        new.file.write(b"new")
    assert path.read_text() == "old"
    assert names(tmp_path) == ["out"]


KILLED = """
import os, signal, sys
from ssoroute.atomic_file import NewFile
new = NewFile(sys.argv[1])
new.file.write(b"half")
new.file.flush()
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_run_left_is_removed_by_the_next_one(tmp_path: Path) -> None:
    path, other = tmp_path / "out", tmp_path / "other"
    for target in (path, path, other):
        subprocess.run([sys.executable, "-c", KILLED, str(target)], check=False)
    left = names(tmp_path)
    assert len(left) == 2  # the second run removed what the first one left
    assert all(name.startswith(".ssoroute-") for name in left)
    with NewFile(path) as running:
        running.file.write(b"running")
        assert len(names(tmp_path)) == 2  # its own, and that beside `other`
        replace_file(path, "new")  # does not take away what another run writes just now
        assert len(names(tmp_path)) == 3
        running.finish()
    assert path.read_text() == "running"
    replace_file(other, "other")
    assert names(tmp_path) == ["other", "out"]


def test_what_only_looks_like_a_leftover_stays(tmp_path: Path) -> None:
    path = tmp_path / "out"
    subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False)
    [left] = names(tmp_path)
    (tmp_path / "precious").write_text("precious")
    (tmp_path / left).unlink()
    (tmp_path / left).symlink_to("precious")
    os.mkfifo(tmp_path / f"{left.removesuffix('.new')}0.new")
    replace_file(path, "new")
    assert (tmp_path / "precious").read_text() == "precious"
    assert len(names(tmp_path)) == 4


@pytest.mark.skipif(not hasattr(os, "fdatasync"), reason="this system has no fdatasync")
@pytest.mark.parametrize("finishes", [True, False])
def test_writing_back_goes_on_beside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, finishes: bool
) -> None:
    path, callers, may_end = tmp_path / "file", list[threading.Thread](), threading.Event()

    def slow(_: int) -> None:
        callers.append(threading.current_thread())
        may_end.wait(10)

    monkeypatch.setattr(os, "fdatasync", slow)
    with NewFile(path) as new:
        new.file.write(b"one")
        new.write_back()
        new.file.write(b" two")
        new.write_back()  # the first call still runs
        may_end.set()
        if finishes:
            new.finish()
    [caller] = callers
    assert not caller.is_alive()
    assert path.exists() == finishes
    assert not finishes or path.read_bytes() == b"one two"


@pytest.mark.skipif(not hasattr(os, "fdatasync"), reason="this system has no fdatasync")
@pytest.mark.parametrize("again", [True, False])
def test_what_could_not_be_written_back_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, again: bool
) -> None:
    path, callers = tmp_path / "file", queue.SimpleQueue[threading.Thread]()
    path.write_text("old")

    def fails(_: int) -> None:
        callers.put(threading.current_thread())
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fdatasync", fails)
    with NewFile(path) as new:
        new.file.write(b"new")
        new.write_back()
        caller = callers.get(timeout=10)
        monkeypatch.undo()
        if again:
            caller.join(10)  # while it runs, another call does nothing
        with pytest.raises(OSError, match=re.escape(os.strerror(errno.EIO))):
            (new.write_back if again else new.finish)()
    assert path.read_text() == "old"
    assert names(tmp_path) == ["file"]
