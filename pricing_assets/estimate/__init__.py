"""The price page's calculators: what quantities cost, and what a budget buys."""
