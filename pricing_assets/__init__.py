"""WHAT is computed: a package per step of the flow, from intake to report, and the readers of what
is published."""
