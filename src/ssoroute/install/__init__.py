"""Profiles on a device: which are installed, which refused, which active."""
