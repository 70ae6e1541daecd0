"""Where `replay` writes its decisions: nowhere, to standard output, or into a file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Self, TypeVar

from ssoroute.cli.status import InputError
from ssoroute.cli.terminal import flush, show_text
from ssoroute.model.quoting import cannot, one_line
from ssoroute.replay import Answered, OutputForm, Writer

__all__ = ["DecisionSink", "decision_sink"]

_Result = TypeVar("_Result")


class DecisionSink:
    """Takes decisions and writes none of them. Leaving the context discards what is unfinished."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """There is nothing to discard."""

    def write(self, answered: Answered) -> None:
        """Take the decisions about one chunk."""

    def finish(self) -> None:
        """Complete the output."""


class _StandardOutput(DecisionSink):
    def write(self, answered: Answered) -> None:
        if answered.output is not None:
            for line in answered.output.decode("ascii").splitlines():
                show_text(line)
        flush()


class _File(DecisionSink):
    """A file that appears when it is finished. If it cannot be written, the command ends."""

    def __init__(self, path: str, form: OutputForm) -> None:
        self._path = path
        self._writer: Writer = self._try(lambda: Writer(path, form))

    def __exit__(self, *_: object) -> None:
        self._writer.discard()

    def write(self, answered: Answered) -> None:
        self._try(lambda: self._writer.write(answered))

    def finish(self) -> None:
        self._try(self._writer.finish)

    def _try(self, action: Callable[[], _Result]) -> _Result:
        try:
            return action()
        except (OSError, ValueError) as error:  # ValueError: a NUL in the path
            shown = one_line(self._path)
            raise InputError([f"{shown}: error: {cannot('written', error)}"]) from None


def decision_sink(output: str | None, form: OutputForm | None) -> DecisionSink:
    """The sink for `--output OUTPUT`; `-` is standard output, None writes nothing."""
    if output is None or form is None:
        return DecisionSink()
    return _StandardOutput() if output == "-" else _File(output, form)
