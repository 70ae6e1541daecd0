"""The tables that are installed with the package.

`importlib.resources` does the same, but takes 4 ms to load, of the 110 of a short command.
"""

from pkgutil import get_data

__all__ = ["packaged_text"]


def packaged_text(path: str) -> str:
    """The text of the file at `path` below the package; `FileNotFoundError` if it is not there.

    >>> packaged_text("model/keys.csv").partition(",")[0]
    'path'
    """
    data = get_data("ssoroute", path)
    if data is None:  # pragma: no cover - every loader that comes with Python has files
        raise FileNotFoundError(path)
    return data.decode("utf-8")
