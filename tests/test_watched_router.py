"""A router that follows its files, alone and under load."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from cli_world import CREDENTIAL, REDIRECT, write_profile
from ssoroute import DeviceError, LoadError, WatchedRouter

LOGIN = "https://login.example.com/"
OTHER = {**REDIRECT, "URLs": ["https://other.example.com"]}


def rewrite(path: Path, *payloads: Mapping[str, object]) -> None:
    """Put another file in the place of `path`, as editors and tools of MDM do."""
    new = write_profile(path.with_suffix(".new"), *payloads, PayloadIdentifier="corp")
    os.replace(new, path)


def looked(watched: WatchedRouter) -> bool:
    """Whether a change was followed: the first look sees it, the second that it has ended."""
    return watched.look() or watched.look()


def test_a_changed_profile_makes_another_router(tmp_path: Path) -> None:
    path = write_profile(tmp_path / "corp.mobileconfig", OTHER)
    watched = WatchedRouter(path, os="macOS@15.4")
    before = watched.router
    assert str(before.device) == "macOS 15.4"
    assert not looked(watched)
    rewrite(path, REDIRECT)
    assert looked(watched)
    assert watched.router.route(LOGIN).outcome == "handle"
    assert before.route(LOGIN).outcome == "do_not_handle"


def test_a_broken_file_keeps_the_router_and_says_why(tmp_path: Path) -> None:
    path = write_profile(tmp_path / "corp.mobileconfig", REDIRECT)
    device = tmp_path / "device.toml"
    device.write_text('version = "15.4"\n')
    watched = WatchedRouter(tmp_path, device_file=device, matching="strict")
    before = watched.router
    device.write_text('versions = "15.4"\n')
    assert not looked(watched)
    assert watched.router is before
    unknown = f"{device}: unknown member `versions`; did you mean `version`?"
    assert list(watched.problems) == [unknown]
    device.write_text('version = "15.5"\n')
    path.write_text("<plist>")
    assert not looked(watched)
    assert [problem.partition(": ")[0] for problem in watched.problems] == [str(path)]
    rewrite(path, REDIRECT)
    assert looked(watched)
    assert not watched.problems
    assert str(watched.router.device) == "macOS 15.5"


def test_the_files_must_be_readable_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(LoadError):
        WatchedRouter(tmp_path / "missing.mobileconfig")
    with pytest.raises(DeviceError, match="give `os` or `device_file`, not both"):
        WatchedRouter(os="macOS", device_file="device.toml")
    assert WatchedRouter().router.installation.installed == ()


def test_the_thread_follows_the_files_until_the_block_ends(tmp_path: Path) -> None:
    path = write_profile(tmp_path / "corp.mobileconfig", OTHER, PayloadIdentifier="corp")
    with WatchedRouter(path, seconds=0.01) as watched:
        before = watched.router
        rewrite(path, REDIRECT)
        deadline = time.monotonic() + 30
        while watched.router is before and time.monotonic() < deadline:
            time.sleep(0.01)
        assert watched.router.route(LOGIN).outcome == "handle"
    assert "ssoroute" not in {thread.name for thread in threading.enumerate()}


def test_readers_see_the_old_router_or_the_new_one(tmp_path: Path) -> None:
    """Both payloads of a profile change together, and no reader sees one of them alone."""
    path = tmp_path / "corp.mobileconfig"
    both = ({**CREDENTIAL, "Hosts": ["a.example"]}, {**REDIRECT, "URLs": ["https://a.example"]})
    rewrite(path, *both)
    torn: list[tuple[str, str]] = []
    stop = threading.Event()
    with WatchedRouter(path, seconds=0.005) as watched:

        def read() -> None:
            while not stop.is_set():
                router = watched.router
                answers = (
                    router.route("https://a.example/").outcome,
                    router.route("https://a.example/", response_code=401).outcome,
                )
                if answers[0] is not answers[1]:
                    torn.append(answers)

        readers = [threading.Thread(target=read) for _ in range(3)]
        for reader in readers:
            reader.start()
        swaps = 0
        for number in range(30):
            before = watched.router
            rewrite(path, *(() if number % 2 else both), OTHER)
            deadline = time.monotonic() + 5
            while watched.router is before and time.monotonic() < deadline:
                time.sleep(0.002)
            swaps += watched.router is not before
        stop.set()
        for reader in readers:
            reader.join()
    assert torn == []
    assert swaps == 30
