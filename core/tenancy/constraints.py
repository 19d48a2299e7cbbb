"""Composite foreign keys: (tenant, id), because a plain one accepts another tenant's row.

PostgreSQL checks references past row-level security, so a plain foreign key lets a row of one
tenant point at a row of another, and tells whether an id exists.
"""

from collections.abc import Sequence
from typing import Any

from django.db import models
from django.db.backends.ddl_references import Statement
from django.db.models.constraints import BaseConstraint


class TenantForeignKey(models.ForeignKey):  # type: ignore[type-arg]
    """A foreign key whose database constraint is the composite one of `tenant_reference`."""

    def __init__(self, to: Any, on_delete: Any, **kwargs: Any) -> None:
        kwargs["db_constraint"] = False
        super().__init__(to, on_delete, **kwargs)


class TenantReference(BaseConstraint):
    """FOREIGN KEY (tenant_id, <field>_id) REFERENCES <target> (tenant_id, id)."""

    def __init__(self, *, field: str, name: str) -> None:
        super().__init__(name=name)
        self.field = field

    def deconstruct(self) -> tuple[str, Sequence[Any], dict[str, Any]]:
        path, args, kwargs = super().deconstruct()
        return path, args, {**kwargs, "field": self.field}

    def __eq__(self, other: object) -> bool:
        if isinstance(other, TenantReference):
            return self.name == other.name and self.field == other.field
        return NotImplemented

    __hash__ = BaseConstraint.__hash__

    def _clause(self, model: type[models.Model], schema_editor: Any) -> str:
        field: Any = model._meta.get_field(self.field)
        quote = schema_editor.quote_name
        target = field.remote_field.model._meta
        return (
            f"CONSTRAINT {quote(self.name)} FOREIGN KEY (tenant_id, {quote(field.column)}) "
            f"REFERENCES {quote(target.db_table)} (tenant_id, {quote(target.pk.column)}) "
            "DEFERRABLE INITIALLY DEFERRED"
        )

    def constraint_sql(self, model: type[models.Model], schema_editor: Any) -> None:  # type: ignore[override]
        """Add the key once the tables stand: two new tables may point at each other."""
        schema_editor.deferred_sql.append(str(self.create_sql(model, schema_editor)))

    def create_sql(self, model: type[models.Model], schema_editor: Any) -> Statement:  # type: ignore[override]
        clause = self._clause(model, schema_editor)
        return Statement(
            "ALTER TABLE %(table)s ADD %(clause)s",
            table=schema_editor.quote_name(model._meta.db_table),
            clause=clause,
        )

    def remove_sql(self, model: type[models.Model], schema_editor: Any) -> Statement:  # type: ignore[override]
        return Statement(
            "ALTER TABLE %(table)s DROP CONSTRAINT %(name)s",
            table=schema_editor.quote_name(model._meta.db_table),
            name=schema_editor.quote_name(self.name),
        )

    def validate(self, *args: Any, **kwargs: Any) -> None:
        """The database holds this rule; the scoped manager already hides foreign rows."""


def tenant_reference(field: str) -> TenantReference:
    """Give the composite foreign key of `field`, a TenantForeignKey, for a model's Meta."""
    return TenantReference(field=field, name=f"%(app_label)s_%(class)s_{field}_tenant_fk")
