"""Pages for stewards, auditors and analysts. Synthetic side only: nothing here can reach a production row."""
