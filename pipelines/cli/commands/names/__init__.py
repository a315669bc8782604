"""The commands `creditmill names …`, a module each."""
