"""Exports for finance: one folder per period and revision, from published versions alone."""
