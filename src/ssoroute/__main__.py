"""The command `ssoroute` as a process of its own, also as `python -m ssoroute`."""

import atexit
import gc

# What is loaded stays until the end. Looking through it for garbage, again and again and once more
# at the end, would take about a sixth of the time of a short command.
gc.set_threshold(50_000, 20, 100)
atexit.register(gc.freeze)

from ssoroute.cli import main  # noqa: E402 - loading is what the lines above make faster

__all__ = ["main"]

if __name__ == "__main__":
    main()
