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

#: May whoever asks be in the open scope? The door's rules (`core.access.door`) once more, so that
#: an engagement that ended or a grant that expired closes the rows though the application forgot.
#: Times are the clock's and not the transaction's: a long transaction must not outlive a grant. The
#: function is its owner's, so that it needs no grants of the application's on the shared tables.
MAY_BE_HERE = """
create or replace function custos_may_be_here() returns boolean
language plpgsql stable security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  here uuid := nullif(current_setting('app.tenant', true), '')::uuid;
  asker uuid := nullif(current_setting('app.person', true), '')::uuid;
begin
  if here is null then return false; end if;
  if asker is null then
    return coalesce(current_setting('app.system', true), '') = 'on';
  end if;
  if exists (
    select from access_membership m where m.user_id = asker and m.role = 'operator'
  ) then return true; end if;
  if exists (
    select from tenancy_organization o where o.id = here and o.state = 'closed'
  ) then return false; end if;
  if exists (
    select from access_membership m where m.user_id = asker and m.organization_id = here
  ) then return true; end if;
  if exists (
    select from access_engagement e
    join access_membership m on m.organization_id = e.vendor_id
    join tenancy_organization v on v.id = e.vendor_id
    join tenancy_organization c on c.id = e.client_id and c.state = 'active'
    where e.client_id = here and m.user_id = asker and v.state = 'active'
      and m.role in ('annotator', 'reviewer', 'vendor_manager')
      and e.starts_at <= clock_timestamp()
      and (e.ends_at is null or e.ends_at > clock_timestamp())
  ) then return true; end if;
  return exists (
    select from access_auditorgrant g
    join access_membership m on m.user_id = g.user_id and m.role = 'auditor'
    where g.user_id = asker and g.organization_id = here and g.expires_at > clock_timestamp()
  );
end $$
"""

#: The scalar subselect makes PostgreSQL ask once a statement and not once a row.
ALLOWED = f"tenant_id = {TENANT} and (select custos_may_be_here())"

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
        f'create policy tenant_rows on "{table}" using ({ALLOWED}) with check ({ALLOWED})'
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
        cursor.execute(MAY_BE_HERE)
        cursor.execute("revoke all on function custos_may_be_here() from public")
        cursor.execute(f'grant execute on function custos_may_be_here() to "{role}"')
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
