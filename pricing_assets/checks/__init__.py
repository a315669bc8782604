"""Step 5: rules that must hold before a date is published."""
