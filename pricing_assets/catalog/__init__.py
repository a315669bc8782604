"""`credits.duckdb`: what analysts open, built fresh and swapped in whole."""
