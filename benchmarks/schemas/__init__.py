"""Public schemas, labelled by hand: names, declared types, keys and comments, and no rows. README.md has the rules."""
