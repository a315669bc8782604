"""The commands of `creditmill`, a module each: the words that are typed are its path."""
