"""The only place that writes relations: it keeps the catalog's reverse indexes in step with them."""

from __future__ import annotations

from hotlint.catalog.apply.expressions import functions_of, sequence_of, types_of
from hotlint.catalog.catalog import Catalog
from hotlint.catalog.names import QName
from hotlint.catalog.records import Column, Constraint, Index, Relation, Sequence, Table, View
from hotlint.operations import Expr, Name, TypeName


def put_relation(catalog: Catalog, record: Relation) -> None:
    """Makes or replaces a relation."""
    name = record.name
    old = catalog.relations.get(name)
    catalog.relations.set(name, record)
    if name.schema == "pg_temp":
        catalog.has_temporary = True
    if isinstance(record, Table):
        _link_table(catalog, name, old if isinstance(old, Table) else None, record)
    elif isinstance(record, Index):
        catalog.indexes_by_table.add(record.table, name)
        for element in record.elements:
            _use_expression(catalog, name, element.expression)
        _use_expression(catalog, name, record.where)
    elif isinstance(record, View):
        for read, _ in record.reads:
            catalog.readers_by_relation.add(read, name)
        for function in record.functions:
            use(catalog, "function", function, name)
        for written in record.query.types:
            _use_type(catalog, name, written)
        for column in record.columns:
            _use_type(catalog, name, column.type)
    elif isinstance(record, Sequence):
        if record.owned_by is not None:
            use(catalog, "owner", record.owned_by[0], name)
    else:
        for column in record.columns:
            _use_type(catalog, name, column.type)


def drop_relation(catalog: Catalog, name: QName) -> None:
    """Takes a relation away; what depends on it is the caller's business."""
    catalog.relations.delete(name)


def _link_table(catalog: Catalog, name: QName, old: Table | None, new: Table) -> None:
    if new.partition_of is not None:
        catalog.children_by_parent.add(new.partition_of, name)
    for parent in new.inherits:
        catalog.children_by_parent.add(parent, name)
    if old is None or new.constraints is not old.constraints:
        same = {id(c) for c in old.constraints} if old is not None else ()
        for constraint in new.constraints:
            if id(constraint) not in same:
                _link_constraint(catalog, name, constraint)
    if old is None or new.columns is not old.columns:
        same = {id(c) for c in old.columns} if old is not None else ()
        for column in new.columns:
            if id(column) not in same:
                _use_column(catalog, name, column)
    if old is None or new.triggers is not old.triggers:
        for trigger in new.triggers:
            use(catalog, "function", trigger.function, name)
    if old is None or new.policies is not old.policies:
        for policy in new.policies:
            _use_expression(catalog, name, policy.using)
            _use_expression(catalog, name, policy.check)
            for read in policy.reads:
                use(catalog, "relation", read, name)


def _link_constraint(catalog: Catalog, table: QName, constraint: Constraint) -> None:
    catalog.tables_by_constraint.add(QName(table.schema, constraint.name), table)
    if constraint.target is not None:
        catalog.referencing_by_target.add(constraint.target, table)
    _use_expression(catalog, table, constraint.expression)


def _use_column(catalog: Catalog, table: QName, column: Column) -> None:
    _use_type(catalog, table, column.type)
    if column.default is not None:
        _use_expression(catalog, table, column.default)
        sequence = sequence_of(column.default)
        if sequence is not None:
            use(catalog, "sequence", catalog.resolve(sequence), table)
    if column.generated is not None:
        _use_expression(catalog, table, column.generated)
    if column.not_null_name is not None:
        catalog.tables_by_constraint.add(QName(table.schema, column.not_null_name), table)


def _use_type(catalog: Catalog, user: QName, written: TypeName | None) -> None:
    if written is not None and written.schema is not None and written.schema != "pg_catalog":
        use(catalog, "type", QName(written.schema, written.name), user)


def _use_expression(catalog: Catalog, user: QName, expression: Expr | None) -> None:
    if expression is None or not (expression.args or expression.kind == "call"):
        return
    for name in functions_of(expression):
        found = find_function(catalog, name)
        if found is not None:
            use(catalog, "function", found, user)
    for written in types_of(expression):
        _use_type(catalog, user, written if written.schema is not None else find_type(catalog, written))


def find_type(catalog: Catalog, written: TypeName) -> TypeName | None:
    """The type that an unqualified name means, if the history made it."""
    for schema in catalog.search_path:
        if catalog.types.get(QName(schema, written.name)) is not None:
            return TypeName(written.name, schema)
    return None


def find_function(catalog: Catalog, name: Name) -> QName | None:
    """The name of the history's function that a call means, or None (built-in, an extension's, unknown)."""
    if name.schema is not None:
        found = QName(name.schema, name.name)
        return found if catalog.functions_by_name.get(found) else None
    for schema in catalog.search_path:
        found = QName(schema, name.name)
        if catalog.functions_by_name.get(found):
            return found
    return None


def use(catalog: Catalog, kind: str, used: QName, user: QName) -> None:
    """Notes that ``user`` may depend on an object."""
    catalog.users_by_object.add((kind, used), user)
