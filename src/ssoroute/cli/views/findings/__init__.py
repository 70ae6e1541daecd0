"""The forms in which `ssoroute check` prints findings: one file per form, each with one function.

Each takes what was found and gives lines; nothing of a profile gets out but through `printable` or
the escapes of the form.
"""
