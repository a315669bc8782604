"""Step 6: publish a checked date as an immutable version, and say what changed and why."""
