"""Lookups on entries, so that every selection of a log is one dictionary: page, facet and bundle.

`actor_id__among=[...]` and `actor_id__outside=[...]` treat the actor of a part of the system, which
has no account, as None. `body__purpose` is the purpose that an entry's details state, or "none".
"""

from typing import Any

from django.db.models import BinaryField, Field, Lookup, TextField, Transform

#: What stands for a purpose where an entry states none.
UNSTATED = "none"


class _OfList(Lookup):
    """Base: the right side is a list in which None is a value like any other."""

    prepare_rhs = False
    found, found_none, other_none = "", "", ""

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        left, params = self.process_lhs(compiler, connection)
        given = list(self.rhs)
        values = [value for value in given if value is not None]
        none = self.found_none if None in given else self.other_none
        if not none:
            return f"({left} {self.found})", (*params, values)
        return f"({left} {self.found} or {left} {none})", (*params, values, *params)


@Field.register_lookup
class Among(_OfList):
    """One of the list."""

    lookup_name = "among"
    found, found_none = "= any(%s)", "is null"


@Field.register_lookup
class Outside(_OfList):
    """None of the list."""

    lookup_name = "outside"
    found, found_none, other_none = "<> all(%s)", "", "is null"


@BinaryField.register_lookup
class Purpose(Transform):
    """The purpose in the body's details. No index reaches it: rows are read along another one."""

    lookup_name = "purpose"
    template = (
        "coalesce(convert_from(%(expressions)s, 'UTF8')::json #>> '{details,purpose}', "
        f"'{UNSTATED}')"
    )

    @property
    def output_field(self) -> Any:
        return TextField()
