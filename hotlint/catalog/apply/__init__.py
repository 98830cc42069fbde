"""What a statement does to the schema: one module per family of operations, ``engine`` puts them together."""
