"""The digits that choose labels are the same in all tasks of a project."""

import json
import re

from core.access.actors import Actor
from tenants.projects.services import add_ontology_version
from tests.api.labels.floor import cut, lease, make_clip

SIGNED_IN = "allauth.account.auth_backends.AuthenticationBackend"


def label(key: str) -> dict:
    return {"key": key, "name": key.capitalize(), "kinds": ["box"]}


def test_a_label_keeps_its_place_whatever_later_versions_put_before_it(cast, client):
    clip = make_clip(cast)
    task, other = cut(cast, clip)[:2]
    first = [one["key"] for one in task.ontology.document["labels"]]
    for keys in (["scooter", *first], [first[1], "drone", "scooter"]):
        add_ontology_version(
            actor=Actor.system("test"),
            tenant=cast.harbour.id,
            project_id=clip.project_id,
            document={"labels": [label(key) for key in keys]},
        )
    client.force_login(cast.anna, backend=SIGNED_IN)
    told = []
    for one in (task, other):
        lease(cast.anna, one.id)
        page = client.get(f"/t/harbour/tasks/{one.id}").content.decode()
        found = re.search(r'<script id="task" type="application/json">(.*?)</script>', page)
        told.append(json.loads(found[1])["label_keys"])

    assert told == [[*first, "scooter", "drone"]] * 2
