"""Whether everything published is still as it was, and can be made again. Nothing is repaired here."""
