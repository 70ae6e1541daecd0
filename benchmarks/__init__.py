"""What routing costs: the workloads, the project's own history, the comparison, the CI gate.

Run from the root of a checkout; docs/performance.md says what is measured and how.
"""
