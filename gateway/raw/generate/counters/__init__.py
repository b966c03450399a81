"""One file for each place where contingency tables can be counted."""
