"""Named filters that a person keeps of a page. Nobody else sees them, and they open no door."""

from uuid import UUID

from django.db import IntegrityError, transaction
from django.http import QueryDict

from core.accounts.models import Person, SavedView
from core.errors import Conflict, Invalid, NotFound

#: Of one page. More than anybody finds again.
MOST = 30
#: Where one is in a list, what is open beside it, or a page's own text that is shown once: no part
#: of a view.
PASSING = ("page", "cursor", "entry", "json", "people-page")


def views_of(person: Person, page: str) -> list[SavedView]:
    """Give a person's views of the page at this path, by name."""
    return list(SavedView.objects.filter(person=person, page=page))


def kept_part(query: str) -> str:
    """Give the part of a page's query that a view keeps: without where one is in the list."""
    kept = QueryDict(query, mutable=True)
    for name in list(kept):
        values = [value for value in kept.getlist(name) if value]
        if name in PASSING or not values:
            del kept[name]
        else:
            kept.setlist(name, values)
    return kept.urlencode()


def save_view(*, person: Person, page: str, name: str, query: str) -> SavedView:
    """Keep a view under a name; one of the same name is replaced.

    Raises Invalid for an address that is none of ours, Conflict when there are too many.
    """
    name, query = " ".join(name.split()), kept_part(query)
    if not 0 < len(name) <= 60:
        raise Invalid("Give the view a name of at most 60 characters.", field="name")
    if not page.startswith("/") or page.startswith("//") or len(page) > 200 or "?" in page:
        raise Invalid("A view is of one page of this portal.", field="page")
    if not query or len(query) > 1000:
        raise Invalid("Choose filters first: this view would show all.", field="query")
    try:
        with transaction.atomic():
            others = SavedView.objects.filter(person=person, page=page).exclude(name=name)
            if others.count() >= MOST:
                raise Conflict(f"You keep {MOST} views of this page: remove one first.")
            view, _ = SavedView.objects.update_or_create(
                person=person, page=page, name=name, defaults={"query": query}
            )
    except IntegrityError as error:
        raise Conflict("This view was saved twice at once. Look again.") from error
    return view


def remove_view(*, person: Person, view_id: UUID) -> SavedView:
    """Forget a view. Raises NotFound for another person's."""
    view = SavedView.objects.filter(person=person, id=view_id).first()
    if view is None:
        raise NotFound
    view.delete()
    return view
