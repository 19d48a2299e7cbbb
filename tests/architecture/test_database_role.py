"""What the application's role cannot do, whatever SQL somebody gets it to send."""

import pytest
from django.db import DatabaseError, connection, transaction

FORBIDDEN = [
    "alter table projects_site disable row level security",
    "alter table projects_site no force row level security",
    "alter policy tenant_rows on projects_site using (true)",
    "drop policy tenant_rows on projects_site",
    "create policy loot on projects_site using (true)",
    "truncate projects_site cascade",
    "truncate tenancy_organization cascade",
    "drop table projects_site",
    "alter table projects_site owner to current_user",
    "set role custos_owner",
    "set session authorization custos_owner",
    "alter role current_user bypassrls",
    "alter role current_user superuser",
    "create role loot",
    "create table loot (id int)",
    "create schema loot",
    "create extension dblink",
    "create function loot() returns int language sql as 'select 1'",
    "create or replace function custos_may_be_here() returns boolean language sql as 'select true'",
    "alter function custos_may_be_here() security invoker",
    "drop function custos_may_be_here() cascade",
    "create trigger loot before update on projects_site execute function custos_refuse()",
    "alter table audit_auditentry disable trigger refuse_change",
    "set session_replication_role = 'replica'",
    "set row_security = off; select * from projects_site",
    "select pg_read_file('PG_VERSION')",
    "select pg_ls_dir('.')",
    "select lo_import('/etc/hostname')",
    "select lo_export(1, '/loot')",
    "copy projects_site to program 'cat'",
    "copy projects_site from program 'true'",
    "copy projects_site to '/loot'",
    "select * from pg_authid",
    "select * from pg_user_mapping",
]


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_the_application_s_role_is_refused(db, statement):
    with (
        pytest.raises(DatabaseError) as refused,
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    # Refused for want of a right (or by the policies), and not for a mistake in the statement.
    allowed = {"42501", "55000"}
    assert refused.value.__cause__.sqlstate in allowed, refused.value


def test_the_application_s_role_owns_nothing_and_is_in_no_other_role(db):
    with connection.cursor() as cursor:
        cursor.execute(
            "select (select count(*) from pg_class where relowner = r.oid),"
            " (select count(*) from pg_proc where proowner = r.oid),"
            " (select count(*) from pg_auth_members where member = r.oid),"
            " rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication"
            " from pg_roles r where rolname = current_user"
        )
        assert cursor.fetchone() == (0, 0, 0, False, False, False, False, False)


def test_the_policy_s_question_is_the_owner_s_with_a_pinned_search_path(db):
    with connection.cursor() as cursor:
        cursor.execute(
            "select prosecdef, provolatile::text, proconfig::text, proowner::regrole::text ="
            " (select relowner::regrole::text from pg_class where relname = 'access_membership')"
            " from pg_proc where proname = 'custos_may_be_here'"
        )
        assert cursor.fetchone() == (
            True,
            "s",
            '{"search_path=pg_catalog, public, pg_temp"}',
            True,
        )
