"""The pages: a static site in HOME/pages."""
