"""What a new version of an ontology changes, in sentences for who decides on it."""

from typing import Any

from tenants.projects.attribute_lines import plain


def changes(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """Say what is added, left out and changed, labels first. Empty when both say the same."""
    return [
        *_entries("Label", old["labels"], new["labels"]),
        *_entries("Event", old.get("events", []), new.get("events", [])),
    ]


def _entries(what: str, old: list[dict[str, Any]], new: list[dict[str, Any]]) -> list[str]:
    before = {entry["key"]: entry for entry in old}
    after = {entry["key"]: entry for entry in new}
    return [
        *(f"{what} {e['name']} is added." for k, e in after.items() if k not in before),
        *(
            f"{what} {e['name']} is left out of new tasks; what is labelled so far keeps it."
            for k, e in before.items()
            if k not in after
        ),
        *(s for k, e in after.items() if k in before for s in _changed(what, before[k], e)),
    ]


def _changed(what: str, old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    told = []
    if old["name"] != new["name"]:
        told.append(f"{what} {old['name']} is called {new['name']}.")
    for part, empty in (("kinds", []), ("color", None), ("participants", []), ("zones", [])):
        before, after = old.get(part, empty), new.get(part, empty)
        if before != after:
            told.append(f"{new['name']}: {PARTS[part]} {_list(before)} becomes {_list(after)}.")
    return told + _attributes(new["name"], old.get("attributes", []), new.get("attributes", []))


PARTS = {"kinds": "shape", "color": "colour", "participants": "participants", "zones": "zones"}


def _list(value: Any) -> str:
    return (", ".join(value) if isinstance(value, list) else value) or "none"


def _attributes(owner: str, old: list[dict[str, Any]], new: list[dict[str, Any]]) -> list[str]:
    before = {a["key"]: plain(a) for a in old}
    after = {a["key"]: plain(a) for a in new}
    return [
        *(f"{owner}: attribute {a['name']} is added." for k, a in after.items() if k not in before),
        *(
            f"{owner}: attribute {a['name']} is left out."
            for k, a in before.items()
            if k not in after
        ),
        *(
            f"{owner}: attribute {a['name']} is changed."
            for k, a in after.items()
            if k in before and before[k] != a
        ),
    ]
