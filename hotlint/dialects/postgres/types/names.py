from __future__ import annotations

from hotlint.catalog.catalog import Reader
from hotlint.operations import TypeName
from hotlint.server import Server, Session


def canonical(type: TypeName) -> TypeName:
    """The type under the server's own name for it: ``pg_catalog`` dropped, aliases and ``_name`` arrays resolved."""
    return type


def format_type(type: TypeName) -> str:
    """The type as the server writes it (format_type.c): ``character varying(20)``, ``numeric(10,2)``, ``text[]``."""
    return type.name


def constrained_domain(type: TypeName, catalog: Reader, server: Server, session: Session) -> bool | None:
    """Whether the type is a domain with a CHECK or NOT NULL, its own or of the domains under it (typcache.c:
    DomainHasConstraints). None where the type is not known. An array of a domain is no domain."""
    return None
