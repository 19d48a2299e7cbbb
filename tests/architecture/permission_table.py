"""The permission x role table: who gets past the door of each route.

A row: the route as in the URL conf, the organization that stands in for <tenant>, the method, and
the people of the cast who are let in. tests/architecture/test_permissions.py sends every request as
every person, test_mounts.py those that do not come to Django; a route, method or mount of ours
without a row fails the run.
"""

OPERATOR = {"olga"}
AUDITOR = {"arthur"}
CLIENT = {"clara", "umar", "vera"}
ADMIN = {"clara"}
UPLOADERS = {"clara", "umar"}
MANAGER = {"nora"}
WORKERS = {"anna", "amir", "rita"}
REVIEWER = {"rita"}

EVERYONE = {"olga", "arthur", "mila", "sam"} | CLIENT | MANAGER | WORKERS
PUBLIC = EVERYONE | {"nobody"}
#: Not by role: frames open by CLIP_WATCH or a lease, a task by TASK_LIST or a lease. Whoever is in
#: the scope gets 404 for what is not theirs.
BY_OBJECT = EVERYONE - {"mila", "sam"}

READERS = CLIENT | OPERATOR | MANAGER
T = "t/<slug:tenant>"

API = {
    "applications": {"POST": PUBLIC},
    "invitations/accept": {"POST": PUBLIC},
    "auth/token": {"POST": PUBLIC},
    "me": {"GET": EVERYONE},
    "me/tokens": {"GET": EVERYONE, "POST": EVERYONE},
    "me/tokens/<uuid:token>": {"DELETE": EVERYONE},
    "me/scores": {"GET": EVERYONE},
    "operator/applications": {"GET": OPERATOR},
    "operator/applications/<uuid:application>/approve": {"POST": OPERATOR},
    "operator/applications/<uuid:application>/decline": {"POST": OPERATOR},
    "operator/organizations": {"GET": OPERATOR},
    "operator/engagements": {"GET": OPERATOR, "POST": OPERATOR},
    "operator/engagements/<uuid:engagement>": {"DELETE": OPERATOR},
    "operator/audit-grants": {"POST": OPERATOR},
    "operator/jobs": {"GET": OPERATOR},
    "operator/jobs/retry": {"POST": OPERATOR},
    "operator/jobs/<uuid:job>": {"GET": OPERATOR},
    "operator/jobs/<uuid:job>/retry": {"POST": OPERATOR},
    "operator/jobs/<uuid:job>/drop": {"POST": OPERATOR},
    "operator/keys": {"GET": OPERATOR, "POST": OPERATOR},
    T: {"GET": CLIENT | OPERATOR | AUDITOR},
    f"{T}/members": {"GET": ADMIN | OPERATOR},
    f"{T}/members/<uuid:membership>": {"DELETE": ADMIN | OPERATOR},
    f"{T}/invitations/<uuid:invitation>": {"POST": ADMIN | OPERATOR, "DELETE": ADMIN | OPERATOR},
    f"{T}/invitations": {"GET": ADMIN | OPERATOR, "POST": ADMIN | OPERATOR},
    f"{T}/contracts": {"GET": ADMIN | OPERATOR, "POST": OPERATOR},
    f"{T}/contracts/<uuid:contract>/sign": {"POST": ADMIN},
    f"{T}/projects": {"GET": READERS, "POST": ADMIN | OPERATOR},
    f"{T}/projects/<uuid:project>": {"GET": READERS},
    f"{T}/projects/<uuid:project>/ontologies": {"GET": READERS, "POST": ADMIN | OPERATOR},
    f"{T}/projects/<uuid:project>/quality": {"GET": ADMIN, "PUT": ADMIN},
    f"{T}/projects/<uuid:project>/redaction-policy": {"GET": CLIENT, "PUT": ADMIN},
    f"{T}/projects/<uuid:project>/requirements": {"GET": READERS, "PUT": ADMIN | OPERATOR},
    f"{T}/sites": {"GET": READERS, "POST": ADMIN | OPERATOR},
    f"{T}/cameras": {"GET": READERS, "POST": ADMIN | OPERATOR},
    f"{T}/clips": {"GET": CLIENT | AUDITOR},
    f"{T}/clips/<uuid:clip>": {"GET": CLIENT | AUDITOR, "DELETE": ADMIN},
    f"{T}/clips/<uuid:clip>/certificate": {"GET": CLIENT | AUDITOR},
    f"{T}/clips/<uuid:clip>/index": {"GET": BY_OBJECT},
    f"{T}/clips/<uuid:clip>/init": {"GET": BY_OBJECT},
    f"{T}/clips/<uuid:clip>/gops/<int:number>": {"GET": BY_OBJECT},
    f"{T}/clips/<uuid:clip>/thumbnails/<int:number>": {"GET": BY_OBJECT},
    f"{T}/clips/<uuid:clip>/clock": {"GET": CLIENT | OPERATOR | AUDITOR},
    f"{T}/clips/<uuid:clip>/clock/pause": {"POST": OPERATOR},
    f"{T}/clips/<uuid:clip>/clock/resume": {"POST": OPERATOR},
    f"{T}/clips/<uuid:clip>/rush": {"POST": ADMIN},
    f"{T}/clips/<uuid:clip>/tasks": {"POST": ADMIN | OPERATOR},
    f"{T}/clips/<uuid:clip>/redaction": {"GET": CLIENT, "POST": ADMIN},
    f"{T}/clips/<uuid:clip>/redaction/override": {"POST": ADMIN},
    f"{T}/log": {"GET": ADMIN | AUDITOR},
    f"{T}/log/bundle": {"GET": ADMIN | AUDITOR},
    f"{T}/log/checkpoint": {"GET": ADMIN | AUDITOR},
    f"{T}/log/checkpoints": {"GET": ADMIN | AUDITOR},
    f"{T}/log/consistency": {"GET": ADMIN | AUDITOR},
    f"{T}/log/cosignatures": {"POST": ADMIN | AUDITOR},
    f"{T}/log/tile/<path:tile>": {"GET": ADMIN | AUDITOR},
    f"{T}/log/tile/entries/<path:tile>": {"GET": ADMIN | AUDITOR},
    f"{T}/log/entries/<uuid:entry>/proof": {"GET": ADMIN | AUDITOR},
    f"{T}/log/entries/<uuid:entry>/resolve": {"POST": AUDITOR},
    f"{T}/log/key": {"GET": ADMIN | AUDITOR},
    f"{T}/tasks": {"GET": READERS},
    f"{T}/tasks/<uuid:task>": {"GET": BY_OBJECT},
    f"{T}/tasks/<uuid:task>/tracks": {"GET": BY_OBJECT, "PUT": WORKERS, "PATCH": WORKERS},
    f"{T}/tasks/<uuid:task>/submit": {"POST": WORKERS},
    f"{T}/tasks/<uuid:task>/drafts": {"GET": WORKERS},
    f"{T}/tasks/<uuid:task>/heartbeat": {"POST": WORKERS},
    f"{T}/tasks/<uuid:task>/release": {"POST": WORKERS},
    f"{T}/tasks/<uuid:task>/review": {"GET": BY_OBJECT, "POST": REVIEWER},
    f"{T}/tasks/<uuid:task>/consensus": {"GET": REVIEWER, "POST": REVIEWER},
    f"{T}/tasks/<uuid:task>/dispute": {"POST": WORKERS},
    f"{T}/gold": {"GET": ADMIN, "POST": ADMIN},
    f"{T}/gold/<uuid:gold_id>/retire": {"POST": ADMIN},
    f"{T}/lots": {"GET": ADMIN},
    f"{T}/lots/<uuid:lot>/close": {"POST": ADMIN},
    f"{T}/projects/<uuid:project>/inspection/resume": {"POST": ADMIN},
    f"{T}/scores": {"GET": ADMIN},
    f"{T}/releases": {"GET": CLIENT | OPERATOR | AUDITOR, "POST": ADMIN | OPERATOR},
    f"{T}/releases/key": {"GET": CLIENT | OPERATOR | AUDITOR},
    f"{T}/releases/<uuid:release>": {"GET": CLIENT | OPERATOR | AUDITOR},
    f"{T}/releases/<uuid:release>/accept": {"POST": ADMIN},
    f"{T}/releases/<uuid:release>/dispute": {"POST": ADMIN},
    f"{T}/releases/<uuid:release>/diff": {"GET": CLIENT | OPERATOR | AUDITOR},
    f"{T}/releases/<uuid:release>/package": {"GET": ADMIN},
    f"{T}/invoices": {"GET": ADMIN | OPERATOR, "POST": OPERATOR},
    f"{T}/invoices/<uuid:invoice>": {"GET": ADMIN | OPERATOR},
    f"{T}/invoices/<uuid:invoice>/pdf": {"GET": ADMIN | OPERATOR},
    f"{T}/invoices/<uuid:invoice>/credit-notes": {"GET": ADMIN | OPERATOR, "POST": OPERATOR},
    f"{T}/invoices/<uuid:invoice>/payments": {"POST": OPERATOR},
    f"{T}/invoices/<uuid:invoice>/refunds": {"POST": OPERATOR},
    f"{T}/credit-notes/<uuid:note>": {"GET": ADMIN | OPERATOR},
    f"{T}/credit-notes/<uuid:note>/pdf": {"GET": ADMIN | OPERATOR},
    "stripe/events": {"POST": PUBLIC},
    "operator/rate-cards": {"GET": OPERATOR, "POST": OPERATOR},
    "operator/rate-cards/<uuid:card>/draft": {"POST": OPERATOR},
}

#: Routes below a vendor: <tenant> is Northlight there.
VENDOR_API = {
    f"{T}/workers": {"GET": MANAGER, "POST": MANAGER},
    f"{T}/workers/<uuid:worker>": {"GET": MANAGER, "PATCH": MANAGER},
    f"{T}/workers/<uuid:worker>/hours": {"PUT": MANAGER},
    f"{T}/workers/<uuid:worker>/qualifications": {"POST": MANAGER},
    f"{T}/workers/<uuid:worker>/qualifications/<uuid:qualification>": {"DELETE": MANAGER},
    f"{T}/workers/<uuid:worker>/skills": {"POST": MANAGER},
    f"{T}/rosters": {"POST": MANAGER},
    f"{T}/rosters/<uuid:roster>": {"GET": MANAGER},
    f"{T}/rosters/<uuid:roster>/apply": {"POST": MANAGER},
    f"{T}/lease": {"POST": WORKERS},
    f"{T}/sent-back": {"GET": WORKERS},
    f"{T}/statements": {"GET": MANAGER | OPERATOR, "POST": OPERATOR},
    f"{T}/statements/<uuid:statement>": {"GET": MANAGER | OPERATOR},
    f"{T}/assign": {"POST": MANAGER},
    f"{T}/hold": {"POST": MANAGER},
    f"{T}/auto-assign": {"POST": MANAGER},
    f"{T}/allocations/<uuid:done>/undo": {"POST": MANAGER},
    f"{T}/why": {"GET": MANAGER},
    f"{T}/my/why": {"GET": WORKERS},
    f"{T}/weights": {"GET": MANAGER, "PUT": MANAGER},
    f"{T}/trust": {"GET": MANAGER},
    f"{T}/trust/<uuid:trust_id>/reinstate": {"POST": MANAGER},
}

PAGES = {
    "": {"GET": EVERYONE},
    "nowhere": {"GET": EVERYONE},
    "account/": {"GET": EVERYONE},
    "account/sessions": {"GET": EVERYONE, "POST": EVERYONE},
    "account/tokens": {"GET": EVERYONE, "POST": EVERYONE},
    "account/tokens/<uuid:token>/revoke": {"POST": EVERYONE},
    "design/": {"GET": EVERYONE, "POST": EVERYONE},
    "apply": {"GET": PUBLIC, "POST": PUBLIC},
    "invitation/<str:link>": {"GET": PUBLIC, "POST": PUBLIC},
    "healthz": {"GET": PUBLIC},
    "readyz": {"GET": PUBLIC},
    "metrics": {"GET": PUBLIC},  # not by person: this machine, or the bearer of the token
    "operator/": {"GET": OPERATOR, "POST": OPERATOR},
    "operator/organizations": {"GET": OPERATOR, "POST": OPERATOR},
    "operator/rates": {"GET": OPERATOR, "POST": OPERATOR},
    "operator/jobs": {"GET": OPERATOR, "POST": OPERATOR},
    "operator/jobs/<uuid:job>": {"GET": OPERATOR, "POST": OPERATOR},
    "operator/keys": {"GET": OPERATOR, "POST": OPERATOR},
    f"{T}/": {"GET": BY_OBJECT},
    f"{T}/home": {"GET": CLIENT | AUDITOR, "POST": ADMIN},
    f"{T}/members": {"GET": ADMIN | OPERATOR, "POST": ADMIN | OPERATOR},
    f"{T}/projects/new": {"GET": ADMIN | OPERATOR, "POST": ADMIN | OPERATOR},
    f"{T}/projects/<uuid:project>/redaction": {"GET": ADMIN, "POST": ADMIN},
    f"{T}/clips": {"GET": CLIENT | AUDITOR},
    f"{T}/clips/add": {"GET": UPLOADERS},
    f"{T}/clips/<uuid:clip>": {"GET": CLIENT | AUDITOR},
    f"{T}/clips/<uuid:clip>/erase": {"GET": ADMIN, "POST": ADMIN},
    f"{T}/releases": {"GET": CLIENT | OPERATOR | AUDITOR, "POST": ADMIN | OPERATOR},
    f"{T}/releases/<uuid:release>": {"GET": CLIENT | OPERATOR | AUDITOR, "POST": ADMIN},
    f"{T}/sla": {"GET": CLIENT | OPERATOR | AUDITOR},
    f"{T}/sla/<uuid:clip>": {"GET": CLIENT | OPERATOR | AUDITOR, "POST": ADMIN | OPERATOR},
    f"{T}/invoices": {"GET": ADMIN | OPERATOR, "POST": OPERATOR},
    f"{T}/invoices/<uuid:invoice>": {"GET": ADMIN | OPERATOR, "POST": OPERATOR},
    f"{T}/credit-notes/<uuid:note>": {"GET": ADMIN | OPERATOR},
    f"{T}/log": {"GET": ADMIN | AUDITOR},
    f"{T}/log/witnesses": {"GET": ADMIN | AUDITOR, "POST": ADMIN},
    f"{T}/log/<uuid:entry_id>": {"GET": ADMIN | AUDITOR, "POST": AUDITOR},
    f"{T}/tasks/<uuid:task>": {"GET": WORKERS},
    f"{T}/sent-back/<uuid:task>": {"GET": WORKERS, "POST": WORKERS},
    f"{T}/review/<uuid:task>": {"GET": REVIEWER},
    f"{T}/quality": {"GET": ADMIN},
    f"{T}/adjudicate/<uuid:task>": {"GET": REVIEWER, "POST": REVIEWER},
}

VENDOR_PAGES = {
    f"{T}/board": {"GET": MANAGER},
    f"{T}/people": {"GET": MANAGER, "POST": MANAGER},
    f"{T}/people/<uuid:worker>": {"GET": MANAGER, "POST": MANAGER},
    f"{T}/people/<uuid:worker>/scores": {"GET": MANAGER},
    f"{T}/scores": {"GET": WORKERS},
    f"{T}/people/roster": {"GET": MANAGER, "POST": MANAGER},
    f"{T}/people/roster/<uuid:roster>": {"GET": MANAGER, "POST": MANAGER},
    f"{T}/statements": {"GET": MANAGER | OPERATOR, "POST": OPERATOR},
    f"{T}/statements/<uuid:statement>": {"GET": MANAGER | OPERATOR},
    f"{T}/work": {"GET": WORKERS, "POST": WORKERS},
}

#: What the ASGI app serves beside Django, by the pattern of its mount in settings.ASGI_MOUNTS.
MOUNTED = {
    r"^/api/v1/t/[^/]+/uploads(/|$)": {
        f"{T}/uploads": {"OPTIONS": PUBLIC, "POST": UPLOADERS},
        f"{T}/uploads/<uuid:upload>": {
            "OPTIONS": PUBLIC,
            "HEAD": UPLOADERS,
            "PATCH": UPLOADERS,
            "DELETE": UPLOADERS,
        },
    },
}

#: allauth's pages. "open": for everybody; "own": for whoever is signed in, about their own account
#: only; "between": in the middle of a sign-in, for nobody before or after.
ACCOUNTS = {
    "login/": "open",
    "logout/": "open",
    "inactive/": "open",
    "signup/": "open",
    "confirm-email/": "open",
    r"^confirm-email/(?P<key>[-:\w]+)/$": "open",
    "password/reset/": "open",
    "password/reset/done/": "open",
    "password/reset/key/done/": "open",
    r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$": "open",
    "2fa/webauthn/login/": "open",
    "login/code/confirm/": "between",
    "2fa/authenticate/": "between",
    "reauthenticate/": "own",
    "email/": "own",
    "password/change/": "own",
    "password/set/": "own",
    "sessions/": "open",
    "2fa/": "own",
    "2fa/reauthenticate/": "own",
    "2fa/totp/activate/": "own",
    "2fa/totp/deactivate/": "own",
    "2fa/recovery-codes/": "own",
    "2fa/recovery-codes/generate/": "own",
    "2fa/recovery-codes/download/": "own",
    "2fa/webauthn/": "own",
    "2fa/webauthn/add/": "own",
    "2fa/webauthn/reauthenticate/": "own",
    "2fa/webauthn/keys/<int:pk>/remove/": "own",
    "2fa/webauthn/keys/<int:pk>/edit/": "own",
}
