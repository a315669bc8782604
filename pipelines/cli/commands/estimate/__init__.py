"""The commands `creditmill estimate …`, a module each."""
