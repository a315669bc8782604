"""Step 5: business identities on what is about to be published."""
