"""Questions to a Dagster webserver, as its own pages ask them."""

import json
import urllib.request
from typing import Any


def ask(url: str, query: str) -> dict[str, Any]:
    """Return what the webserver at `url` answers to a question of GraphQL."""
    request = urllib.request.Request(
        f"{url}/graphql",
        json.dumps({"query": query}).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        data: dict[str, Any] = json.load(answer)["data"]
    return data
