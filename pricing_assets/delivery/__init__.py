"""What is published, brought to object storage: immutable objects first, then those that are replaced,
and last the one that names them all."""
