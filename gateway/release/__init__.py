"""The border: the only types that leave raw/."""
