"""The configuration file of the command line: what it says, and where it is.

`finding_it` looks for the file, `reader` reads it, and `values` has what it says.
docs/configuration.md describes the keys. Nothing is imported here: every command looks for the
file, and few find one.
"""
