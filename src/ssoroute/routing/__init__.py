"""The decision: which extension gets a request, and why."""
