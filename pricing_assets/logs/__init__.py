"""Parquet usage logs: their footers, pages and types, and reading them as relations."""
