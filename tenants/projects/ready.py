"""Ontologies to begin a project with."""

from typing import Any

from tenants.projects.ontology import surveillance_ontology

#: Name of a template, what it is called, and the labels of the ready ontology that it keeps.
TEMPLATES = {
    "surveillance": ("People, vehicles, objects and events", {"person", "vehicle", "object"}),
    "people": ("People and what they do", {"person"}),
    "traffic": ("Vehicles", {"vehicle"}),
}


def template(name: str) -> dict[str, Any]:
    """Give the document of a template: its labels, and the events that need no others.

    Raises KeyError for a name that is none of TEMPLATES.
    """
    _, kept = TEMPLATES[name]
    ready = surveillance_ontology()
    return {
        "labels": [label for label in ready["labels"] if label["key"] in kept],
        "events": [e for e in ready["events"] if set(e.get("participants", [])) <= kept],
    }
