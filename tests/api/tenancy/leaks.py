"""Ways in which a route could tell of B, for the proof that the comparison objects to each.

A leak gets the view's own answer as a function, and the foreign row that the id names, if any; it
gives what the route says instead.
"""

from django.db import connection
from rest_framework.response import Response

from core.errors import Invalid, NotFound, PermissionDenied
from core.tenancy.asking import asking_as_system
from core.tenancy.scope import scope


def of_b(tenant, model, row_id):
    """Look a row up as the system in B's scope: what a forgotten wall would have shown."""
    with asking_as_system(), scope(tenant):
        return model.objects.filter(id=row_id).first()


def says_403_where_there_is_something(answer, foreign):
    if foreign:
        raise PermissionDenied("This clip is not yours.")
    return answer()


def counts_what_there_is(answer, foreign):
    raise NotFound(f"There are {int(foreign is not None)} clips like this.")


def shows_the_row(answer, foreign):
    return Response({"filename": foreign.filename}) if foreign else answer()


def names_it_in_a_validation_message(answer, foreign):
    raise Invalid(f"{foreign.filename if foreign else 'This'} can't be shown.", field="clip")


def says_it_is_gone(answer, foreign):
    if foreign:
        raise NotFound("This clip was removed.")
    return answer()


def tells_by_a_header(answer, foreign):
    if foreign:
        return Response(status=404, headers={"ETag": "1"})
    return Response(status=404)


def asks_once_more(answer, foreign):
    if foreign:
        with connection.cursor() as cursor:
            cursor.execute("select 1")
    return answer()


def breaks_on_it(answer, foreign):
    if foreign:
        raise RuntimeError("This clip has no frames.")
    return answer()


def shows_it_whatever_is_asked_for(name):
    """The same answer for any id: nothing differs, but it holds what B alone knows."""

    def shows_everything(answer, foreign):
        return Response({"filenames": [name]})

    return shows_everything


#: The leak, and the part of the answers that it must be told by.
BY_DIFFERENCE = {
    says_403_where_there_is_something: "status",
    counts_what_there_is: "body",
    shows_the_row: "status",
    names_it_in_a_validation_message: "body",
    says_it_is_gone: "body",
    tells_by_a_header: "headers",
    asks_once_more: "queries",
    breaks_on_it: "status",
}
