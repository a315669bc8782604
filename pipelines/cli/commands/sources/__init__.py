"""The commands `creditmill sources …`."""
