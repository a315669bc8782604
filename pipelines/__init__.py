"""WHEN and HOW it runs: settings, command line, Dagster wiring. No SQL, no arithmetic."""
