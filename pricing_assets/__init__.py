"""WHAT is computed: one module per step of the flow, intake to report."""
