"""The reduction of logs where they lie, by Python on the workers of an Apache Spark cluster: no folder is
shared, and only receipts and what was made of logs come to the machine of the command.

Only `settings` asks for this package, and only where `scratch_uri` is set.
"""
