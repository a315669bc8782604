"""Whether everything published is still as it was, and how it is brought back."""
