"""Step 1: ingest new logs by their bytes, and write a receipt of what came."""
