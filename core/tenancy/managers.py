"""Managers that refuse to work without a scope."""

from collections.abc import Iterable
from typing import Any, TypeVar
from uuid import UUID

from django.db import models

from core.errors import CustosError
from core.tenancy.scope import require_tenant

M = TypeVar("M", bound=models.Model)


class WrongTenant(CustosError):
    """A row of one tenant was about to be written in another's scope."""

    code = "wrong_tenant"


def check_owner(row: Any) -> None:
    """Raise WrongTenant unless `row` belongs to the tenant whose scope is open."""
    check_tenant(row.tenant_id)


def check_tenant(tenant: UUID) -> None:
    """Raise WrongTenant unless it is this tenant's scope that is open."""
    if tenant != require_tenant():
        raise WrongTenant("This row belongs to an organization whose scope is not open.")


class ScopedQuerySet(models.QuerySet[M]):
    """Writes in bulk pass the same save-time check as single ones."""

    def bulk_create(self, objs: Iterable[M], *args: Any, **kwargs: Any) -> list[M]:
        rows = list(objs)
        for row in rows:
            check_owner(row)
        return super().bulk_create(rows, *args, **kwargs)

    def bulk_update(self, objs: Iterable[M], *args: Any, **kwargs: Any) -> int:
        rows = list(objs)
        for row in rows:
            check_owner(row)
        return super().bulk_update(rows, *args, **kwargs)

    def update(self, **kwargs: Any) -> int:
        if "tenant" in kwargs or "tenant_id" in kwargs:
            raise WrongTenant("A row never changes its organization.")
        return super().update(**kwargs)


class ScopedManager(models.Manager[M]):
    """Every query begins at the open scope's rows; with no scope every method raises."""

    def get_queryset(self) -> ScopedQuerySet[M]:
        return ScopedQuerySet(self.model, using=self._db).filter(tenant_id=require_tenant())
