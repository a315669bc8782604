"""DuckDB as this project uses it: sandboxed connections, statements of `sql/`, exact writing."""
