"""Row-level security and grants, written after every migration by the owner role.

Until this has run the application's role can't touch a new table at all, so a table can't be
forgotten: it either has its policy or is unreachable.
"""

from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connections, models

from core.tenancy.models import TenantOwned

TENANT = "nullif(current_setting('app.tenant', true), '')::uuid"

REFUSE = """
create or replace function custos_refuse() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only: % refused', tg_table_name, tg_op;
end $$
"""


def tenant_models() -> list[type[TenantOwned]]:
    """List all models that one organization owns."""
    return [m for m in apps.get_models() if issubclass(m, TenantOwned) and m._meta.managed]


def _append_only(model: type[models.Model]) -> bool:
    return bool(getattr(model, "append_only", False))


def _secure(cursor: Any, model: type[TenantOwned]) -> None:
    table = model._meta.db_table
    cursor.execute(f'alter table "{table}" enable row level security')
    cursor.execute(f'alter table "{table}" force row level security')
    cursor.execute(f'drop policy if exists tenant_rows on "{table}"')
    cursor.execute(
        f'create policy tenant_rows on "{table}" '
        f"using (tenant_id = {TENANT}) with check (tenant_id = {TENANT})"
    )


def _grant(cursor: Any, model: type[models.Model], role: str) -> None:
    table = model._meta.db_table
    rights = "select, insert" if _append_only(model) else "select, insert, update, delete"
    cursor.execute(f'revoke all on "{table}" from "{role}"')
    cursor.execute(f'grant {rights} on "{table}" to "{role}"')


def _refuse_changes(cursor: Any, model: type[models.Model]) -> None:
    table = model._meta.db_table
    cursor.execute(f'drop trigger if exists refuse_change on "{table}"')
    cursor.execute(f'drop trigger if exists refuse_truncate on "{table}"')
    cursor.execute(
        f'create trigger refuse_change before update or delete on "{table}" '
        "for each row execute function custos_refuse()"
    )
    cursor.execute(
        f'create trigger refuse_truncate before truncate on "{table}" '
        "for each statement execute function custos_refuse()"
    )


def apply_policies(*, using: str, **_: Any) -> None:
    """Give every tenant-owned table its forced policy, and the application's role its grants."""
    role = settings.DATABASE_APP_ROLE
    with connections[using].cursor() as cursor:
        existing = set(connections[using].introspection.table_names(cursor))
        cursor.execute(REFUSE)
        cursor.execute(f'grant usage on schema public to "{role}"')
        for model in apps.get_models(include_auto_created=True):
            if not model._meta.managed or model._meta.db_table not in existing:
                continue
            if issubclass(model, TenantOwned):
                _secure(cursor, model)
            if _append_only(model):
                _refuse_changes(cursor, model)
            _grant(cursor, model, role)
        cursor.execute(f'grant usage, select on all sequences in schema public to "{role}"')
        if "django_migrations" in existing:
            cursor.execute(f'grant select on django_migrations to "{role}"')
