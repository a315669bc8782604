"""Two homes of creditmill, and an asset of a team's own that reads them."""
