"""The files of a sysdiagnose: from archives and folders, whole, cut, hostile."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ssoroute.loaders.findings import Report
from ssoroute.loaders.sysdiagnose import Limits, device_files

FILES = {
    "sysdiagnose_2026/swcutil_show.txt": b"approvals",
    "sysdiagnose_2026/other.txt": b"of no interest",
    "sysdiagnose_2026/SystemProfiler/SPConfigurationProfileDataType.spx": b"<plist/>",
    "sysdiagnose_2026/logs/rmd/rmd_inspect_system.txt": b"{}",
    "sysdiagnose_2026/logs/MCState/Shared/profile-0af1.stub": b"bplist",
}
WANTED = {
    "swcutil_show.txt": b"approvals",
    "SystemProfiler/SPConfigurationProfileDataType.spx": b"<plist/>",
    "logs/rmd/rmd_inspect_system.txt": b"{}",
    "logs/MCState/Shared/profile-0af1.stub": b"bplist",
}


def tar(files: dict[str, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def files_of(path: Path, limits: Limits | None = None) -> tuple[dict[str, bytes], list[str]]:
    report = Report()
    found = {source.file: data for source, data in device_files(path, report, limits or Limits())}
    return found, [str(finding) for finding in report.findings]


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
@pytest.mark.parametrize("compressed", [True, False])
def test_an_archive(tmp_path: Path, form: int, compressed: bool) -> None:
    data = tar(FILES, form)
    path = tmp_path / "any.name"
    path.write_bytes(gzip.compress(data) if compressed else data)
    assert files_of(path) == (WANTED, [])


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_long_names(tmp_path: Path, form: int) -> None:
    name = "/".join(["a" * 90] * 5) + "/swcutil_show.txt"
    path = tmp_path / "x.tar.gz"
    path.write_bytes(gzip.compress(tar({f"top/{name}": b"x", **FILES}, form)))
    assert files_of(path) == ({name: b"x", **WANTED}, [])


def test_a_folder(tmp_path: Path) -> None:
    for name, data in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    assert files_of(tmp_path / "sysdiagnose_2026") == (WANTED, [])


def test_every_truncation_keeps_what_was_read(tmp_path: Path) -> None:
    data = gzip.compress(tar(FILES), 0)
    path = tmp_path / "cut.tar.gz"
    for length in range(600, 5000, 97):
        path.write_bytes(data[:length])
        found, messages = files_of(path)
        assert found.items() <= WANTED.items()
        assert messages == [
            (
                f"{path}: error: the archive cannot be read to its end: it ends early;"
                " what follows is missing [SSO033]"
            )
        ]
    assert "swcutil_show.txt" in found


def test_what_is_no_archive(tmp_path: Path) -> None:
    path = tmp_path / "x.tar.gz"
    for data in (b"", b"hello", b"<plist/>", b"\0" * 2000):
        path.write_bytes(data)
        assert files_of(path) == (
            {},
            [
                (
                    f"{path}: error: not a sysdiagnose: neither a folder nor a tar archive"
                    " (.tar.gz or .tar) [SSO033]; name a profile or a dump with --profiles"
                )
            ],
        )
    missing = tmp_path / "missing"
    assert files_of(missing) == (
        {},
        [f"{missing}: error: cannot be read: no such file or directory [SSO001]"],
    )


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "bomb.tar.gz"
    header = tarfile.TarInfo("top/zeros.bin")
    header.size = 8_000_000_000
    with gzip.open(path, "wb") as file:
        file.write(header.tobuf(tarfile.GNU_FORMAT))
        for _ in range(100):
            file.write(bytes(1 << 20))
    _, (message,) = files_of(path)
    assert "it unpacks to more than 200 times its size; what follows is missing" in message


def test_a_giant_name_is_not_read(tmp_path: Path) -> None:
    header = tarfile.TarInfo("x")
    header.type = tarfile.XHDTYPE
    header.size = 5_000_000_000
    path = tmp_path / "x.tar"
    path.write_bytes(header.tobuf(tarfile.GNU_FORMAT) + bytes(4096))
    _, (message,) = files_of(path)
    assert "a name of 5000000000 bytes" in message


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        (Limits(entries=2), "more than 2 entries"),
        (Limits(kept=10), "its files about SSO are larger than 10 bytes"),
        (Limits(total=3000), "it unpacks to more than 3000 bytes"),
    ],
)
def test_limits(tmp_path: Path, limits: Limits, message: str) -> None:
    path = tmp_path / "x.tar.gz"
    path.write_bytes(gzip.compress(tar(FILES)))
    found, (said,) = files_of(path, limits)
    assert message in said
    assert found.items() <= WANTED.items()


def test_a_large_file_is_left_out_and_the_rest_counts(tmp_path: Path) -> None:
    path = tmp_path / "x.tar.gz"
    path.write_bytes(gzip.compress(tar({"top/swcutil_show.txt": b"x" * 99, **FILES})))
    found, messages = files_of(path, Limits(file=50))
    assert messages == ["swcutil_show.txt: error: larger than 50 bytes; left out [SSO002]"]
    assert found == WANTED


@pytest.mark.parametrize(
    "name",
    ["../swcutil_show.txt", "/etc/swcutil_show.txt", "top/../../swcutil.txt"],
)
def test_a_path_that_leaves_the_archive(tmp_path: Path, name: str) -> None:
    path = tmp_path / "x.tar.gz"
    path.write_bytes(gzip.compress(tar({name: b"evil", **FILES})))
    found, (message,) = files_of(path)
    assert found == WANTED
    assert "leaves the archive; left out" in message
    assert [item.name for item in tmp_path.iterdir()] == ["x.tar.gz"]


def test_links_are_not_followed(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE):
            info = tarfile.TarInfo("top/swcutil_show.txt")
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
    path = tmp_path / "x.tar"
    path.write_bytes(buffer.getvalue())
    found, messages = files_of(path)
    assert found == {}
    assert (
        messages
        == ["swcutil_show.txt: info: a link in the archive is not followed; left out [SSO029]"] * 2
    )
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "swcutil_show.txt").symlink_to("/etc/passwd")
    os.mkfifo(folder / "pluginkit.txt")
    found, messages = files_of(folder)
    assert found == {}
    assert [message.partition(": ")[2] for message in messages] == [
        "info: not a regular file; left out [SSO029]"
    ] * 2


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(st.integers(0, 4000), st.binary(min_size=1, max_size=40))
def test_a_changed_archive_is_answered(tmp_path: Path, at: int, data: bytes) -> None:
    whole = tar(FILES)
    changed = whole[:at] + data + whole[at + len(data) :]
    path = tmp_path / "x.tar"
    path.write_bytes(changed)
    files_of(path)
    path.write_bytes(gzip.compress(changed)[: at + 20])
    files_of(path)
