"""Acme's rules. Each module is one rule, named as its id with underscores."""
