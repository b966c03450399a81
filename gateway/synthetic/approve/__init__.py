"""Stage 6: a steward decides."""
