"""The command line: one module per command, and how results look."""
