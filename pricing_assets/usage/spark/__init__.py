"""The reduction of events on an Apache Spark cluster: rows to rollups and candidate rows, nothing else.

Only `settings` asks for this package, and only where the engine is `spark`; no other path imports
`pyspark` or `sqlglot`.
"""
