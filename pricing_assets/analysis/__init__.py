"""Questions to a home: what a number is made of, and what it would be under other prices."""
