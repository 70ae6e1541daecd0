"""The decision service: the same answers over HTTP, and a page to look at (docs/serve.md)."""
