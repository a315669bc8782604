"""Step 4: usage of one meter x one price = credits, exactly."""
