"""Step 3: reduce the logs of usage dates to lines, and decide every row's outcome."""
