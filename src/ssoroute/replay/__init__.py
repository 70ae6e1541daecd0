"""Many requests from logs: read, routed on all cores in their order, counted (docs/replay.md).

    log ─▶ chunks ─▶ answers (in threads) ─▶ decisions as JSON Lines or Parquet, and a summary

Memory holds a few chunks at a time, however long a log is.
"""

from ssoroute.replay.answers import Answered
from ssoroute.replay.chunks import Chunk, LogFormat
from ssoroute.replay.logs import Log, chunks_of, log_format
from ssoroute.replay.output_form import OutputForm, output_form
from ssoroute.replay.run import run
from ssoroute.replay.summary import Summary
from ssoroute.replay.workers import WorkerEndedError
from ssoroute.replay.writers import Writer

__all__ = [
    "Answered",
    "Chunk",
    "Log",
    "LogFormat",
    "OutputForm",
    "Summary",
    "WorkerEndedError",
    "Writer",
    "chunks_of",
    "log_format",
    "output_form",
    "run",
]
