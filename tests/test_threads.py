"""A router is shared: by threads while another one is put in its place, by forks, and at the end.

Threads are switched as often as the interpreter allows, so that what is shared by mistake shows.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from build import router_of
from fuzz.engines import ENGINES, compiled_module, engine
from ssoroute.routing.router import Router

ROOT = Path(__file__).parents[1]
READERS = 16
SECONDS = 0.5


@pytest.fixture(params=ENGINES)
def on_engine(request: pytest.FixtureRequest) -> Iterator[str]:
    """Every router that is made in the test runs on this engine."""
    if request.param == "compiled" and compiled_module() is None:
        pytest.skip("no compiled module, and no compiler to build it")
    with engine(request.param):
        yield request.param


@pytest.fixture
def often() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def made(name: str) -> Router:
    """A router whose every answer names the extension `name`."""
    both = {"ExtensionIdentifier": name, "TeamIdentifier": "EXAMPLE123"}
    payloads: list[dict[str, Any]] = [
        both | {"Type": "Redirect", "URLs": ["https://h.example/", "https://h.example/*/x"]},
        both | {"Type": "Credential", "Hosts": [".h.example"], "Realm": "H.EXAMPLE"},
    ]
    return router_of({"platform": "macOS", "version": "15.4", "profiles": [{"payloads": payloads}]})


ASKED: list[tuple[Any, ...]] = [
    ("https://h.example/x",),
    ("https://a.h.example/", None, 401),
    ("realm://H.EXAMPLE",),
    ("https://h.example/", "com.example.caller", 0, True),
]


def names(router: Router, number: int) -> set[str | None]:
    """The extensions that the router names in all the ways it has."""
    arguments = ASKED[number % len(ASKED)]
    found = {router.route(*arguments).extension}
    found |= {decision.extension for decision in router.route_many(["https://h.example/"] * 3)}
    if number % 50 == 0:
        found.add(router.explain(*arguments).decision.extension)
    return {extension.bundle_id if extension else None for extension in found}


def run_beside(works: list[Callable[[], None]]) -> None:
    """Run each in a thread of its own; the first error of any of them is raised here."""
    errors: list[BaseException] = []

    def guarded(work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


@pytest.mark.usefixtures("on_engine", "often")
def test_threads_share_a_router_while_another_one_takes_its_place() -> None:
    """A thread that took a router gets all answers from it, none from the next one."""
    shared = {"current": ("com.example.0", made("com.example.0"))}
    over = threading.Event()
    answers, swaps = [0] * READERS, [0]

    def read(reader: int) -> None:
        while not over.is_set():
            name, router = shared["current"]
            assert names(router, answers[reader]) == {name}
            answers[reader] += 1

    def swap() -> None:
        end = time.monotonic() + SECONDS
        try:
            while time.monotonic() < end or swaps[0] < 5 or not all(answers):
                swaps[0] += 1
                name = f"com.example.{swaps[0]}"
                shared["current"] = name, made(name)
        finally:
            over.set()

    run_beside([swap, *(lambda reader=number: read(reader) for number in range(READERS))])
    assert all(answers)
    assert swaps[0] >= 5


@pytest.mark.usefixtures("on_engine", "often")
def test_threads_fill_the_same_new_router_at_once() -> None:
    """What is made on the first request is made for all, and each answer is the same object."""
    for _ in range(5):
        router, gate = made("com.example.a"), threading.Barrier(READERS)
        found: list[Any] = []

        def ask(router: Router = router, gate: threading.Barrier = gate) -> None:
            gate.wait(30)
            found.append(router.route("https://h.example/x"))  # noqa: B023 - used in this round

        run_beside([ask] * READERS)
        assert len(found) == READERS
        assert len({id(decision) for decision in found}) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")  # from 3.12, beside threads
@pytest.mark.usefixtures("often")
def test_a_fork_while_threads_route_answers_the_same(on_engine: str) -> None:
    router, over = made("com.example.a"), threading.Event()
    statuses: list[int] = []

    def read() -> None:
        number = 0
        while not over.is_set():
            number += 1
            assert names(router, number) == {"com.example.a"}

    def fork() -> None:
        try:
            for _ in range(10):
                process = os.fork()
                if not process:
                    sound = all(names(router, number) == {"com.example.a"} for number in range(60))
                    os._exit(0 if sound else 1)
                statuses.append(os.waitpid(process, 0)[1])
        finally:
            over.set()

    run_beside([fork, *[read] * 4])
    assert statuses == [0] * 10, on_engine


END = """
import sys, threading, time
sys.setswitchinterval(1e-6)
from ssoroute import Router, load
router = Router.from_profiles(load("examples/profiles/entra.mobileconfig"))
routed = threading.Semaphore(0)

def forever():
    while True:
        router.route("https://login.microsoftonline.com/x")
        router.explain("https://login.microsoftonline.com/x")
        routed.release()

for _ in range(4):
    threading.Thread(target=forever, daemon=True).start()
for _ in range(4):
    routed.acquire()
print("over")
"""


@pytest.mark.parametrize("pure", ["", "1"])
def test_the_interpreter_ends_while_daemon_threads_route(pure: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", END],
        cwd=ROOT,
        env=os.environ | {"SSOROUTE_PURE": pure},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "over\n", "")
