"""The commands `creditmill rates …`, a module each."""
