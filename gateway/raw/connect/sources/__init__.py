"""One file for each kind of database that can be read."""
