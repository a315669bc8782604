"""What every package uses: errors, files, names of files, batches, instants, memory."""
