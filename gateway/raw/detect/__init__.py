"""Stage 2: find what identifies people."""
