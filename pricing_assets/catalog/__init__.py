"""`credits.duckdb`: what analysts open, built anew and replaced as a whole."""
