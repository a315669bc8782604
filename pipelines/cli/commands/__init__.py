"""The commands of `creditmill`, by what they are for: options here, the work where they import it."""
