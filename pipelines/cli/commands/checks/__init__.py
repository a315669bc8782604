"""The commands `creditmill grants …`, a module each."""
