"""The triggers that keep the words, written by the owner role after every migration.

Triggers and not services: names are written in many places, in bulk too, and a name that was erased
must not be found by any of its words.
"""

from typing import Any

from django.db import connections

from core.search.models import LONGEST, SearchWord
from core.search.registry import FINDABLE, Findable

#: What parts words: blanks and the punctuation of ASCII. All else is a letter in some language.
SPLIT = r"[\s!-/:-@\[-`{-~]+"

#: Names of tables and columns are ours, never a visitor's.
_FUNCTIONS = f"""
create or replace function custos_words(name text) returns setof text
language sql immutable set search_path = pg_catalog, public as $$
  select distinct left(word, {LONGEST}) from regexp_split_to_table(lower(name), '{SPLIT}') word
  where word <> ''
$$;
create or replace function custos_keep_words() returns trigger
language plpgsql set search_path = pg_catalog, public as $$
declare
  name text := '';
begin
  if tg_op <> 'INSERT' then
    delete from search_searchword where tenant_id = old.tenant_id and object_id = old.id;
  end if;
  if tg_op <> 'DELETE' then
    for position in 1 .. tg_nargs - 1 loop
      name := name || ' ' || coalesce(to_jsonb(new) ->> tg_argv[position], '');
    end loop;
    insert into search_searchword (id, tenant_id, word, kind, object_id)
    select gen_random_uuid(), new.tenant_id, word, tg_argv[0], new.id from custos_words(name) word;
  end if;
  return null;
end $$
"""  # noqa: S608 (constants of this program)


def keep_words(*, using: str, **_: Any) -> None:
    """Give the table of each findable thing its trigger, and words to the rows that have none."""
    with connections[using].cursor() as cursor:
        tables = set(connections[using].introspection.table_names(cursor))
        if SearchWord._meta.db_table not in tables:
            return
        cursor.execute(_FUNCTIONS)
        for thing in FINDABLE:
            if thing.model._meta.db_table in tables:
                _keep(cursor, thing)


def _keep(cursor: Any, thing: Findable) -> None:
    table = thing.model._meta.db_table
    columns = ", ".join(f'"{column}"' for column in thing.columns)
    arguments = ", ".join(f"'{word}'" for word in (thing.kind, *thing.columns))
    cursor.execute(
        "select encode(tgargs, 'escape') from pg_trigger"
        " where tgname = 'keep_words' and tgrelid = %s::regclass",
        [table],
    )
    row = cursor.fetchone()
    if row and row[0] == "".join(f"{word}\\000" for word in (thing.kind, *thing.columns)):
        return
    cursor.execute(f'drop trigger if exists keep_words on "{table}"')
    cursor.execute(
        f"create trigger keep_words after insert or delete or update of {columns} "
        f'on "{table}" for each row execute function custos_keep_words({arguments})'
    )
    _fill(cursor, table, thing)


def _fill(cursor: Any, table: str, thing: Findable) -> None:
    """Write the words of what is there already, one organization after the other."""
    name = ", ".join(f't."{column}"' for column in thing.columns)
    cursor.execute("select id from tenancy_organization order by id")
    for (tenant,) in cursor.fetchall():
        cursor.execute(
            "select set_config('app.tenant', %s, true), set_config('app.system', 'on', true)",
            [str(tenant)],
        )
        cursor.execute("delete from search_searchword where kind = %s", [thing.kind])
        fill = (  # names of tables and columns are ours
            "insert into search_searchword (id, tenant_id, word, kind, object_id)"  # noqa: S608
            " select gen_random_uuid(), t.tenant_id, word, %s, t.id"
            f" from \"{table}\" t, custos_words(concat_ws(' ', {name})) word"
        )
        cursor.execute(fill, [thing.kind])
