"""WHAT is computed: a package per step of the flow, from intake to ledger, the readers of what is
published, and what repairs a home."""
