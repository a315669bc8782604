"""Which commands there are: their words, what each does, and the sections of the help."""

GROUPS = {
    "checks": "List the rules that dates are checked by, and write Data Docs.",
    "engine": "Check that a Spark cluster gives the same bytes as DuckDB.",
    "estimate": """Say what usage would cost, what a budget buys, and how many tokens a text has.

    The price page's calculators, by the cards in force; they read no home. First:

    creditmill estimate credits GPT-4.1-1M --brand OpenAI --input-tokens 1000
    """,
    "grants": "Check the credits that customers bought or were given.",
    "names": "Find printed names for logged ones that have no price.",
    "rates": "Check rate books, make new cards, and start a book of your own.",
    "sources": "Read logs of other tools as they are: LiteLLM, Langfuse, OpenTelemetry and more.",
}
COMMANDS = {
    "balance": "Show what organizations have left, who runs out first.",
    "charges": "Show charges by groups, as published or by the prices known at an instant.",
    "checks docs": "Write Data Docs: the rules, and what they said of each date.",
    "checks list": "List the rules that dates are checked by, your own ones too.",
    "close": "Close dates: their reports never change again.",
    "closings": "Show who closed or reopened dates, when and why.",
    "compare": "Show why usage of two periods differs: volume, mix, price, new, gone.",
    "diff": "Show why a date's credits changed: by cause and by organization.",
    "engine check": "Compare an engine with DuckDB, byte by byte, on 20,000 rows of every kind.",
    "estimate budget": "Say how many tokens, or other units, a budget buys of one meter.",
    "estimate credits": "Say what quantities cost in credits and dollars, rounded as a charge is.",
    "estimate tokens": "Say how many tokens characters, words, a text or images have.",
    "explain": "List the events behind each charge of an organization, with file and row.",
    "export": "Write what is published as files: months, dates, or a whole database.",
    "grants check": "Check grants.csv, voids.csv and plans.csv. Exit 1 on errors.",
    "ledger": "List every change of an organization's credits, and by which charge.",
    "names propose": "Show lines of names for usage without a price, and what each would charge.",
    "open": "Open the pages in the browser: totals, dates, organizations.",
    "prune": "Show which superseded files can be removed; with --yes remove them.",
    "publish": "Bring versions, credits.duckdb, pages and exports to object storage.",
    "quarantine": "Show rows that were not charged: why, an example of each, how to fix it.",
    "rates check": "Check a rate book. Exit 1 on errors.",
    "rates diff": "List the prices that differ between two cards, and what that changes.",
    "rates init": "Copy the built-in price list into a new folder, to edit.",
    "rates new": "Copy a card as a new one, with a list of changed prices applied.",
    "refresh": "Build credits.duckdb and the pages again from the folders.",
    "reopen": "Reopen closed dates.",
    "repeats": "Show event ids that an organization used again on another usage date.",
    "restore": "Bring back what the home has lost, as far as its digests prove it.",
    "run": "Ingest new logs and bring every date they touch up to date.",
    "sources check": "Say which source a log file fits, show five mapped rows, and count outcomes.",
    "sources list": "List the sources that come with creditmill, and what each reads.",
    "sources map": "Write the rows that a source makes of raw logs, and count all records.",
    "sources new": "Write a source to edit, made from the fields of a log file.",
    "status": "Show every usage date, what is stale and why, and rejected files.",
    "upgrade": "Bring a home of an earlier format to the present one; with --yes do it.",
    "verify": "Compare every published byte and total with the manifests.",
    "what-if": "Price stored usage by other rate books: credits now, then, difference.",
    "withdraw": "Withdraw a log that should not have come: its rows count nowhere.",
}
"""By the words that are typed, what a command does: the first line of its docstring."""

SECTIONS = {
    "Run": ("run", "sources", "grants", "engine"),
    "Look": ("status", "quarantine", "charges", "compare", "balance", "ledger", "open"),
    "Prove": ("checks", "explain", "diff", "repeats", "verify"),
    "Prices": ("rates", "names", "what-if", "estimate"),
    "Keep": (
        *(
            "close",
            "closings",
            "reopen",
            "export",
            "withdraw",
            "restore",
            "prune",
            "refresh",
            "publish",
        ),
        "upgrade",
    ),
}
"""How `creditmill --help` groups the commands, by their first word."""
