"""What it costs to change a column's type, and which types fit together, as PostgreSQL 12 to 18 decide it."""

from hotlint.dialects.postgres.types.change import TypeChange, type_change
from hotlint.dialects.postgres.types.defaults import default_error
from hotlint.dialects.postgres.types.indexes import ForeignKeyMatch, foreign_key_match
from hotlint.dialects.postgres.types.names import canonical, constrained_domain, format_type

__all__ = [
    "ForeignKeyMatch",
    "TypeChange",
    "canonical",
    "constrained_domain",
    "default_error",
    "foreign_key_match",
    "format_type",
    "type_change",
]
