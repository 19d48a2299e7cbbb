"""What all operations of the API share: problems, headers, and what they are for."""

from typing import Any, Final

Schema = dict[str, Any]

ABOUT: Final = """\
Everything that the portal's pages do. Paths below `/t/{tenant}` are of one organization; somebody \
who may not enter it finds nothing there (404).

* **Errors** are problem documents (RFC 9457) with a stable `code` and the id of the request.
* **Lists** come in pages: `next` is the `cursor` of the page that follows; the Link header has it.
* **Times** are in UTC (RFC 3339). **Money** and quantities are text. **Frames** count from 0.
* **Limits**: RateLimit and RateLimit-Policy tell what is left of a minute; 429 has Retry-After.
* **Retries**: a POST with an Idempotency-Key is done once. **Edits** with If-Match are done only \
on the state that was read.
* **Reads** of footage, labels, releases and of the log leave a receipt in the organization's log.
"""

#: A tag is a room of the house; in the order of a clip's way.
TAGS: Final = {
    "account": "Who I am, my tokens, this document.",
    "notices": "What one is told of, and how.",
    "organizations": "Applications, members, invitations, engagements, keys.",
    "contracts": "Terms: rates, service level, retention.",
    "search": "Find things of an organization.",
    "projects": "Projects, their ontologies, sites and cameras.",
    "intake": "Uploads, clips and their pictures, erasure.",
    "tasks": "Frame ranges to work on, and the leases on them.",
    "routing": "The next task, and what a manager does with the queue.",
    "labels": "Tracks and events of a task.",
    "imports": "Labels from elsewhere.",
    "links": "Which tracks of clips and cameras are one object.",
    "workbench": "One's own work list.",
    "quality": "Gold, scores, trust, review, disputes, lots.",
    "people": "A vendor's people: skills, papers, hours.",
    "redaction": "Masks over faces and plates, and what they leave.",
    "delivery": "Releases and clocks of the service level.",
    "invoicing": "Invoices, credit notes, payments.",
    "rates": "Rate cards.",
    "statements": "What vendors are owed.",
    "compliance": "The access log and its proofs.",
    "operations": "The operator's desk on jobs.",
}

PROBLEM: Final[Schema] = {
    "type": "object",
    "description": "What went wrong and what to do about it (RFC 9457).",
    "properties": {
        "type": {"type": "string", "description": "A name of the kind of problem."},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "code": {"type": "string", "description": "Stable: programs may decide by it."},
        "detail": {"type": "string", "description": "For people."},
        "request_id": {"type": "string", "description": "Quote it when you ask about the problem."},
        "field": {"type": "string", "description": "The input that does not fit."},
        "errors": {"type": "object", "description": "By input, what does not fit."},
    },
    "required": ["code", "detail", "request_id", "status", "title", "type"],
    "example": {
        "type": "about:blank#not_found",
        "title": "There is nothing here for you",
        "status": 404,
        "code": "not_found",
        "detail": "There is nothing here for you.",
        "request_id": "5f0c9d3be1a2",
    },
}

#: By status, when it is given; each is a component called Problem<status>.
PROBLEMS: Final = {
    400: "What was sent does not fit; `errors` or `field` names where.",
    401: "Nobody is signed in: the token is missing, unknown, expired or revoked.",
    403: "The person may not do this, or must prove anew who they are.",
    404: "There is nothing here for whoever asks.",
    409: "It does not go together with how things stand now.",
    412: "If-Match names another state than what is there.",
    415: "The body is of a type that is not read here.",
    422: "The Idempotency-Key was used for something else.",
    429: "Too many requests; the header Retry-After says when to come back.",
}

COMPONENTS: Final[dict[str, dict[str, Any]]] = {
    "schemas": {"Problem": PROBLEM},
    "responses": {
        f"Problem{status}": {
            "description": text,
            "content": {
                "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
            },
        }
        for status, text in PROBLEMS.items()
    }
    | {
        "Problem": {
            "description": "Any other problem.",
            "content": {
                "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
            },
        }
    },
    "parameters": {
        "Idempotency-Key": {
            "name": "Idempotency-Key",
            "in": "header",
            "description": (
                "A name of your own for this act, best a UUID. Sent again within 24 hours with "
                "the same body it does nothing, and answers what it answered then."
            ),
            "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
            "example": "8e03978e-40d5-43dd-bc93-6894a57f9324",
        },
        "If-Match": {
            "name": "If-Match",
            "in": "header",
            "description": "ETag of what you read: an edit of anything else is refused (412).",
            "schema": {"type": "string", "pattern": "^[!-~]+$"},
            "example": '"0c5d7a1be2f34960b7c1d2e3f4a5b6c7"',
        },
        "If-None-Match": {
            "name": "If-None-Match",
            "in": "header",
            "description": "ETag of what you have: if it is still so, the answer is 304 and empty.",
            "schema": {"type": "string"},
            "example": '"0c5d7a1be2f34960b7c1d2e3f4a5b6c7"',
        },
    },
    "headers": {
        "X-Request-Id": {
            "description": "Names the request in our logs.",
            "schema": {"type": "string"},
        },
        "RateLimit": {
            "description": "What is left of the minute, and when it is over (IETF draft).",
            "schema": {"type": "string"},
            "example": '"token";r=5980;t=42',
        },
        "RateLimit-Policy": {
            "description": "How many requests there are in a minute.",
            "schema": {"type": "string"},
            "example": '"token";q=6000;w=60',
        },
        "ETag": {
            "description": "Names this state of what was read.",
            "schema": {"type": "string"},
        },
        "Link": {
            "description": 'The next page, as rel="next" (RFC 8288); not on the last one.',
            "schema": {"type": "string"},
        },
    },
}


def problems_of(
    *, asks: bool, named: bool, changes: bool, known: bool, has_body: bool, already: set[str]
) -> Schema:
    """Give the problems that an operation may answer with, by status, and the rest as default."""
    statuses = {429}
    if asks:
        statuses.add(400)
    if known:
        statuses |= {401, 403}
    if named:
        statuses |= {403, 404}
    if changes:
        statuses |= {403, 409}
    if has_body:
        statuses |= {400, 415}
    found: Schema = {
        str(status): {"$ref": f"#/components/responses/Problem{status}"}
        for status in sorted(statuses)
        if str(status) not in already
    }
    return {**found, "default": {"$ref": "#/components/responses/Problem"}}
