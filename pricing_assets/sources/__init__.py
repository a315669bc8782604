"""Logs as they are: how records of another tool's log become rows of the usage log.

What a row means belongs to `contract`, what becomes of it to `usage`. A source decodes only the
paths that it maps: prompts and answers never leave the raw file.
"""
