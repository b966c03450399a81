"""Stage 1: read production tables, consistently and read-only."""
