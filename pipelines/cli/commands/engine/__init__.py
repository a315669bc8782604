"""The commands `creditmill engine …`, a module each."""
