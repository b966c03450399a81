"""One file for each attack."""
