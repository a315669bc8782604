"""`python -m pipelines.cli` is the command `creditmill`."""

from pipelines.cli.app import entry

if __name__ == "__main__":
    entry()
