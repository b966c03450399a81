"""Everything that is run in a process of its own to be measured, and the environments that it runs in."""
