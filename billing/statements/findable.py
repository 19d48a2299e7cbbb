"""Statements are found by their numbers."""

from billing.statements.models import Statement
from core.access.permissions import Permission
from core.search.registry import Findable, Hit, findable

findable(
    Findable(
        kind="statement",
        label="Statements",
        icon="receipt",
        permission=Permission.STATEMENT_READ,
        model=Statement,
        columns=("number",),
        show=lambda row: Hit(row.number, f"statements/{row.id}"),
    )
)
