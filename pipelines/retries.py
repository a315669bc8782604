"""How often a run tries again where its engine was lost, in Dagster and without it alike."""

RETRIES, RETRY_SECONDS = 2, 20
"""How many times, and how long after each loss."""
