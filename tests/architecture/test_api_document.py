"""The API's document tells of every route of the API, is sound, and covers what the pages do."""

from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.validation import validate_schema
from jsonschema import Draft202012Validator

from core.web.schema import portal_schema
from core.web.schema_examples import operations_of
from tests.architecture import permission_table as table
from tests.plugins.documented import document, path_of

#: Routes below /api/v1/ that are not for programs of our clients.
UNDOCUMENTED = {"stripe/events": "Stripe calls it, in Stripe's own form"}

T = "t/<slug:tenant>"
CLIP, PROJECT, INVOICE = f"{T}/clips/<uuid:clip>", f"{T}/projects/<uuid:project>", f"{T}/invoices"
WORKER = f"{T}/workers/<uuid:worker>"

#: What a page's form does, as routes of the API.
SAME_BY_API = {
    "account/tokens": ["me/tokens"],
    "account/tokens/<uuid:token>/revoke": ["me/tokens/<uuid:token>"],
    "account/": ["me"],
    "account/notices/": ["me/notices/choices"],
    "notices/": ["me/notices"],
    "apply": ["applications"],
    "invitation/<str:link>": ["invitations/accept"],
    "operator/": [
        "operator/applications/<uuid:application>/approve",
        "operator/applications/<uuid:application>/decline",
    ],
    f"{PROJECT}/guidelines": [f"{PROJECT}/guidelines"],
    "operator/organizations": ["operator/engagements", "operator/engagements/<uuid:engagement>"],
    "operator/organizations/<uuid:organization>": [
        "operator/organizations/<uuid:organization>/standing"
    ],
    "operator/rates": ["operator/rate-cards", "operator/rate-cards/<uuid:card>/draft"],
    "operator/jobs": ["operator/jobs/retry"],
    "operator/jobs/<uuid:job>": [
        "operator/jobs/<uuid:job>/retry",
        "operator/jobs/<uuid:job>/drop",
    ],
    "operator/keys": ["operator/keys"],
    "operator/auditors": ["operator/audit-grants", "operator/audit-grants/<uuid:grant>"],
    f"{T}/key": [f"{T}/key"],
    f"{T}/organization": [f"{T}/details"],
    f"{T}/home": [f"{T}/contracts/<uuid:contract>/sign"],
    f"{T}/members": [
        f"{T}/invitations",
        f"{T}/invitations/<uuid:invitation>",
        f"{T}/members/<uuid:membership>",
    ],
    f"{PROJECT}/labels": [f"{PROJECT}/ontologies"],
    f"{T}/cameras/<uuid:camera>": [f"{T}/cameras/<uuid:camera>/zones"],
    f"{T}/cameras": [f"{T}/sites", f"{T}/cameras"],
    f"{T}/projects/new": [f"{T}/projects"],
    f"{PROJECT}/links": [f"{PROJECT}/links"],
    f"{PROJECT}/redaction": [f"{PROJECT}/redaction-policy"],
    f"{CLIP}/imports": [f"{CLIP}/imports"],
    f"{CLIP}/imports/<uuid:label_import>": [f"{CLIP}/imports/<uuid:label_import>/apply"],
    f"{CLIP}/seams": [f"{CLIP}/seams"],
    f"{CLIP}/erase": [CLIP],
    f"{T}/clips": [f"{T}/uploads/<uuid:upload>"],
    f"{T}/clips/add": [f"{T}/uploads/<uuid:upload>"],
    f"{T}/releases": [f"{T}/releases"],
    f"{T}/releases/<uuid:release>": [
        f"{T}/releases/<uuid:release>/accept",
        f"{T}/releases/<uuid:release>/dispute",
    ],
    f"{T}/sla/<uuid:clip>": [
        f"{CLIP}/clock/answer",
        f"{CLIP}/clock/pause",
        f"{CLIP}/clock/resume",
        f"{CLIP}/rush",
    ],
    INVOICE: [INVOICE],
    f"{INVOICE}/<uuid:invoice>": [
        f"{INVOICE}/<uuid:invoice>/credit-notes",
        f"{INVOICE}/<uuid:invoice>/payments",
        f"{INVOICE}/<uuid:invoice>/refunds",
    ],
    f"{T}/terms": [f"{T}/contracts"],
    f"{T}/access-review": [f"{T}/access-review"],
    f"{T}/log/webhook": [f"{T}/webhook", f"{T}/webhook/secret", f"{T}/webhook/test"],
    f"{T}/gold": [f"{T}/gold"],
    f"{T}/gold/<uuid:gold>": [f"{T}/gold/<uuid:gold_id>/retire"],
    f"{T}/log/<uuid:entry_id>": [f"{T}/log/entries/<uuid:entry>/resolve"],
    f"{T}/sent-back/<uuid:task>": [f"{T}/tasks/<uuid:task>/dispute"],
    f"{T}/quality": [
        f"{T}/lots/<uuid:lot>/close",
        f"{PROJECT}/inspection/resume",
    ],
    f"{T}/adjudicate/<uuid:task>": [f"{T}/tasks/<uuid:task>/consensus"],
    f"{T}/people": [f"{T}/workers"],
    f"{T}/people/<uuid:worker>": [f"{T}/trust/<uuid:trust_id>/reinstate"],
    f"{T}/people/<uuid:worker>/papers": [
        f"{WORKER}/qualifications",
        f"{WORKER}/qualifications/<uuid:qualification>",
    ],
    f"{T}/people/<uuid:worker>/hours": [f"{WORKER}/hours", WORKER],
    f"{T}/quizzes": [f"{T}/quizzes", f"{T}/lease"],
    f"{T}/people/roster": [f"{T}/rosters"],
    f"{T}/people/roster/<uuid:roster>": [f"{T}/rosters/<uuid:roster>/apply"],
    f"{T}/statements": [f"{T}/statements"],
    f"{T}/work": [f"{T}/lease"],
}

#: Forms that only a person at a browser needs.
PAGES_ALONE = {
    "notices/stop/<str:link>": "what a link in an e-mail leads to; a program chooses at me/notices",
    "account/appearance": "how pages look to one person",
    "account/views": "filters of pages under a name",
    "account/views/<uuid:view>/remove": "filters of pages under a name",
    f"{PROJECT}/guidelines": "words and pictures beside the work; no program has asked for them",
    f"{T}/first-steps": "puts away the page's own list of first steps",
    "account/sessions": "ends sessions of browsers; a token has none",
    "design/": "the parts of the design system, for who builds pages: changes nothing",
}

CHANGES = {"POST", "PUT", "PATCH", "DELETE"}


def api_rows():
    for rows in (table.API, table.VENDOR_API, *table.MOUNTED.values()):
        for route, methods in rows.items():
            for method in methods:
                yield route, method


def test_every_route_of_the_api_is_documented():
    listed = {
        (path_of(f"api/v1/{route}"), method)
        for route, method in api_rows()
        if route not in UNDOCUMENTED and method != "OPTIONS"
    }
    told = {(path, method.upper()) for path, item in document()["paths"].items() for method in item}
    assert listed - told == set(), "routes that the document does not tell of: use `described`"
    assert told - listed == set(), "the document tells of routes that are not there"


def test_the_document_is_sound_openapi_and_nothing_in_it_was_guessed():
    validate_schema(document())
    portal_schema()
    assert dict(GENERATOR_STATS._warn_cache) == {}
    assert dict(GENERATOR_STATS._error_cache) == {}
    assert document()["openapi"].startswith("3.1.")
    assert set(document()["components"]["securitySchemes"]) == {"token", "session"}


def test_every_operation_says_what_it_is_who_may_and_how_it_fails():
    for path, item in document()["paths"].items():
        for operation in operations_of(item):
            problems = [s for s in operation["responses"] if s in {"default"} or s >= "400"]
            assert operation["operationId"], path
            assert operation["summary"], path
            assert operation["tags"], path
            assert "default" in problems, path
            assert "security" in operation, path
            for part in operation.get("parameters", []):
                said = "$ref" in part or part.get("description")
                assert said, f"{path}: {part} says nothing"


def test_operations_have_names_of_their_own():
    names = [
        operation["operationId"]
        for item in document()["paths"].values()
        for operation in operations_of(item)
    ]
    assert sorted(names) == sorted(set(names))


def test_every_example_fits_its_schema():
    components = {"components": document()["components"]}
    wrong = []
    for path, item in document()["paths"].items():
        for operation in operations_of(item):
            for part in (operation.get("requestBody", {}), *operation["responses"].values()):
                for media, content in part.get("content", {}).items():
                    if media != "application/json":
                        continue
                    validator = Draft202012Validator({**components, **content["schema"]})
                    errors = list(validator.iter_errors(content["example"]))
                    wrong += [f"{path}: {e.json_path}: {e.message[:200]}" for e in errors]
    assert wrong == []


def test_a_key_that_may_be_left_out_is_not_promised():
    told = document()["components"]["schemas"]["StandingOfSkill"]
    assert set(told["required"]) == {"vendor", "skill", "gated", "measured"}
    assert "hota" in told["properties"]


def test_what_a_page_changes_a_program_can_change_too():
    forms = {
        route
        for rows in (table.PAGES, table.VENDOR_PAGES)
        for route, methods in rows.items()
        if CHANGES & methods.keys()
    }
    assert forms - SAME_BY_API.keys() - PAGES_ALONE.keys() == set(), (
        "pages with a form that the API has no counterpart of: add it there, or give the reason"
    )
    assert (SAME_BY_API.keys() | PAGES_ALONE.keys()) - forms == set(), "pages that have no form"
    changing = {route for route, method in api_rows() if method in CHANGES}
    named = {route for routes in SAME_BY_API.values() for route in routes}
    assert named - changing == set(), "routes that the API has not"


def test_anybody_may_read_the_document_and_a_copy_is_not_sent_twice(client):
    first = client.get("/api/v1/schema")
    again = client.get("/api/v1/schema", headers={"If-None-Match": first["ETag"]})
    assert (first.status_code, first["Content-Type"]) == (200, "application/json")
    assert (again.status_code, again.content) == (304, b"")


def test_the_reference_shows_each_operation_with_its_fields(client):
    index = client.get("/reference/").content.decode()
    names = [tag["name"] for tag in document()["tags"]]
    rooms = {name: client.get(f"/reference/{name}").content.decode() for name in names}
    for path, item in document()["paths"].items():
        for operation in operations_of(item):
            assert f'#{operation["operationId"]}"' in index, path
            assert f'id="{operation["operationId"]}"' in rooms[operation["tags"][0]], path
    assert client.get("/reference/nothing").status_code == 404
