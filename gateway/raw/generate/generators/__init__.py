"""One file for each generator."""
