"""Stage 7: put approved tables where others can read them."""
