"""The linter: what is wrong or odd in a rate book, by itself and beside a home."""
