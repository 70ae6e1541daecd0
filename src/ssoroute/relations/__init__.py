"""Rules against rules: overlap, difference, and requests that show them."""
