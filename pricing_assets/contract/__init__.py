"""The contract: billing types, outcomes, columns, tables, usage dates. No computing here."""
