"""The sources that come with creditmill, each a TOML beside this file."""
