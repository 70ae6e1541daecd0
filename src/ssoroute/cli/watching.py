"""`--watch`: a command runs again when a file changes from which it answers (extra `watch`).

watchfiles says that something in a folder has changed. Whether a file has changed that counts shows
from the times and sizes of the files, so what the command itself writes starts nothing.
"""

from __future__ import annotations

import os
import queue
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, Final, NamedTuple

import click

from ssoroute.cli.options import InputOptions
from ssoroute.cli.status import InputError
from ssoroute.cli.terminal import clear_screen, complain
from ssoroute.configuration.finding_it import configuration_places
from ssoroute.loaders.files import ENDINGS

__all__ = ["paths_of", "repeated", "watch_option"]

#: Milliseconds to wait for more changes, and until a watcher says that it is there.
_DEBOUNCE: Final = 100
_START: Final = 200
#: Seconds that a watcher may take to end.
_STOPPING: Final = 5
#: The signals that stop a command.
_STOPS: Final = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)
#: The endings of the files in a folder that count: profiles and tables.
_ENDINGS: Final = (*ENDINGS, ".toml")
#: Where the context of a command that is repeated holds what it watches.
_META: Final = "ssoroute.watched"
#: The size, the time of the last change and the inode of each file.
_State = dict[str, tuple[int, int, int]]


class _Folders(NamedTuple):
    """The folders to watch: with all that is below them, and by themselves."""

    whole: list[str]
    alone: list[str]


@dataclass(slots=True)
class _Watched:
    """The files that the latest run answers from, and their state when it began."""

    paths: list[str] = field(default_factory=list)
    before: _State = field(default_factory=dict)
    #: The file that the command writes: it does not count.
    written: str | None = None

    def add(self, paths: Iterable[str]) -> None:
        """Watch `paths` as they are now."""
        found = list(paths)
        self.paths += found
        self.before |= _state(found, self.written)

    def has_changed(self) -> bool:
        """Whether something that counts is not as it was."""
        return _state(self.paths, self.written) != self.before


def repeated(command: Callable[..., Any]) -> Callable[..., Any]:
    """Run `command`, which has `watch_option`, again and again if `--watch` is given.

    Goes above `configured`: each run reads the configuration file.
    """

    @wraps(command)
    def wrapped(*args: Any, watch: bool, **kwargs: Any) -> Any:
        if not watch:
            return command(*args, **kwargs)
        if kwargs["no_config"]:
            places: list[str] = []
        elif kwargs["config_file"] is not None:
            places = [kwargs["config_file"]]
        else:
            places = list(configuration_places())
        return _repeat(lambda: command(*args, **kwargs), places)

    return wrapped


def watch_option(
    paths: Callable[..., Iterable[str]], *, writes: str | None = None
) -> Callable[..., Callable[..., Any]]:
    """Give a command `--watch`; `paths` gets its arguments and says what to watch.

    `writes` is the argument that names the file that the command writes. Goes below
    `input_options`, and the command is `repeated`.
    """

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(command)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            watched: _Watched | None = click.get_current_context().meta.get(_META)
            if watched is not None:
                found = list(paths(**kwargs))
                if "-" in found:
                    raise click.UsageError("--watch cannot follow standard input; name files")
                watched.written = kwargs[writes] if writes else None
                watched.add(found)
                clear_screen()
            return command(*args, **kwargs)

        option = click.option("--watch", is_flag=True, help="Run again when a file changes.")
        return option(wrapped)

    return decorate


def paths_of(inputs: InputOptions) -> list[str]:
    """The files and folders that the options about profiles and device name."""
    files = (inputs.device, inputs.sysdiagnose, inputs.trusted_roots)
    return [*inputs.profiles, *filter(None, files)]


def _repeat(run: Callable[[], Any], places: list[str]) -> None:
    """Run, and run again after each change, until a signal comes.

    `places` are those of the configuration file.
    """
    try:
        import watchfiles  # noqa: F401 - whether it is there
    except ImportError:
        raise click.UsageError(
            "--watch needs the package watchfiles: pip install 'ssoroute[watch]'"
        ) from None
    meta = click.get_current_context().meta
    first = True
    while True:
        watched = meta[_META] = _Watched()
        watched.add(places)
        _run_once(run, first=first)
        first = False
        complain("watching for changes; Ctrl-C ends")
        _wait(watched)


def _run_once(run: Callable[[], Any], *, first: bool) -> None:
    try:
        run()
    except click.exceptions.Exit:
        pass  # what it found is printed
    except InputError as error:
        error.show()
    except click.UsageError as error:
        if first:
            raise
        complain(f"error: {error.format_message()}")  # such as profiles of several users now


def _wait(watched: _Watched) -> None:
    """Wait until something that counts has changed."""
    events: queue.SimpleQueue[None] = queue.SimpleQueue()
    with _watchers(_folders(watched.paths), events):
        while True:
            events.get()  # from its own thread, so that signals interrupt the waiting as usual
            if watched.has_changed():
                return


@contextmanager
def _watchers(folders: _Folders, events: queue.SimpleQueue[None]) -> Iterator[None]:
    """Put something into `events` when a watcher is there, and when something has changed."""
    stop = threading.Event()
    threads = [
        threading.Thread(target=_follow, args=(found, recursive, stop, events), daemon=True)
        for found, recursive in ((folders.whole, True), (folders.alone, False))
        if found
    ]
    try:
        with _without_signals():
            for thread in threads:
                thread.start()
        yield
    finally:
        stop.set()
        for thread in threads:
            if thread.ident is not None:  # one that still watches would abort the process's end
                thread.join(_STOPPING)


@contextmanager
def _without_signals() -> Iterator[None]:
    """Let signals wait, so that none comes between the start of a thread and its being known."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _follow(
    folders: list[str], recursive: bool, stop: threading.Event, events: queue.SimpleQueue[None]
) -> None:
    import watchfiles

    changes = watchfiles.watch(
        *folders,
        watch_filter=None,
        debounce=_DEBOUNCE,
        stop_event=stop,
        rust_timeout=_START,
        yield_on_timeout=True,
        raise_interrupt=False,
        recursive=recursive,
        ignore_permission_denied=True,
    )
    is_there = False
    for change in changes:
        if change or not is_there:
            events.put(None)
        is_there = True


def _folders(paths: list[str]) -> _Folders:
    whole: dict[str, None] = {}
    alone: dict[str, None] = {}
    for path in paths:
        if os.path.isdir(path):
            whole[path] = None
            continue
        # An editor replaces a file by another one, so it is watched through its folder.
        for place in (path, os.path.realpath(path)):
            folder = os.path.dirname(place) or "."
            if os.path.isdir(folder):
                alone[folder] = None
    return _Folders(list(whole), list(alone))


def _state(paths: Iterable[str], written: str | None) -> _State:
    found: _State = {}
    own = written and os.path.realpath(written)
    for path in paths:
        for name in _files(path) if os.path.isdir(path) else [path]:
            try:
                status = os.stat(name)
            except (OSError, ValueError):
                continue
            if os.path.realpath(name) != own:
                found[name] = (status.st_size, status.st_mtime_ns, status.st_ino)
    return found


def _files(folder: str) -> Iterator[str]:
    for above, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            if name.lower().endswith(_ENDINGS) and not name.startswith("."):
                yield os.path.join(above, name)
