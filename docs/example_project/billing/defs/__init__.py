"""What `dg` finds here: a home in each `defs.yaml`, and assets in modules."""
