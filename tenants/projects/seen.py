"""An ontology as annotators see it: labels with their digits, attributes with what they press."""

from typing import Any

#: Of a label's attributes that are chosen from values, the first two have keys in the workbench.
MODIFIERS = ("", "⇧")


def as_seen(document: dict[str, Any], order: list[str]) -> dict[str, Any]:
    """Give a document as annotators see it: each label with its digit, events in labels' names.

    order: keys of labels that have their digit already (services.label_order); new ones follow.
    """
    known = dict.fromkeys([*order, *(label["key"] for label in document["labels"])])
    digits = {key: digit for digit, key in enumerate(known, 1) if digit < 10}
    names = {label["key"]: label["name"] for label in document["labels"]}
    return {
        "labels": [label | {"digit": digits.get(label["key"])} for label in document["labels"]],
        "events": [
            event | {"participants": [names[key] for key in event.get("participants", [])]}
            for event in document.get("events", [])
        ],
    }


def as_worked(document: dict[str, Any], order: list[str]) -> dict[str, Any]:
    """Give a document as the workbench's side shows it, each attribute with its input.

    As frontend/src/workbench/panels.ts and events.ts build it.
    """
    seen = as_seen(document, order)
    for label in seen["labels"]:
        chosen = iter((*MODIFIERS, *[None] * len(label.get("attributes", []))))
        label["inputs"] = [
            _input(attribute, next(chosen) if attribute["type"] == "select" else None)
            for attribute in label.get("attributes", [])
        ]
    for event in seen["events"]:
        event["inputs"] = [_input(attribute, None) for attribute in event.get("attributes", [])]
    return seen


def _input(attribute: dict[str, Any], modifier: str | None) -> dict[str, Any]:
    """Give an attribute with `options`: of each value its text, its key, and whether it is set."""
    values = attribute.get("values", []) if attribute["type"] == "select" else []
    return attribute | {
        "options": [
            {
                "text": value.replace("_", " "),
                "key": "" if modifier is None or number > 9 else f"{modifier}{number}",
                "on": value == attribute.get("default"),
            }
            for number, value in enumerate(values, 1)
        ]
    }
