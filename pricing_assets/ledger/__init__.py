"""Credits as money: what organizations bought or were given, what they burned of it, what is left."""
