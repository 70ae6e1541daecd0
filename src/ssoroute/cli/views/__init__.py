"""What the commands print: each file makes lines or JSON from values."""
