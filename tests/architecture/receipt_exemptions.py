"""Routes whose GET leaves no entry in the log, each with its reason.

A receipt is owed by every read of footage, labels, releases, exports and of the log itself. A route
that is not here and leaves none fails the run, and so does one that is here and leaves one.
"""

NOTHING_OF_A_TENANT = "serves nothing of a tenant"
OWN_ACCOUNT = "a person's own account"
SHELL = "sends on, or draws a frame; what it shows is fetched by routes that leave receipts"
METADATA = "names, ids, states and counts of footage: no frame, no label"
SETTINGS = "settings of the organization: no footage, no label"
HASHES = "hashes and signatures; a witness that fetches each checkpoint would cause the next one"
NO_PICTURE = "places and times of frames; each group of pictures and thumbnail leaves its receipt"
PEOPLE = "the organization's own people, for whoever manages them"
MONEY = "counted units and prices: no footage, no label"
OPERATOR = "the provider's desk: names of organizations, states of jobs, ids"
CLOCKS = "instants of the service level: no frame, no label"
PUBLIC_KEY = "a public key"

API = {
    "operator/rate-cards": OPERATOR,
    "me": OWN_ACCOUNT,
    "me/tokens": OWN_ACCOUNT,
    "me/scores": OWN_ACCOUNT,
    "me/notices": OWN_ACCOUNT,
    "me/notices/choices": OWN_ACCOUNT,
    "operator/applications": OPERATOR,
    "operator/jobs": OPERATOR,
    "operator/jobs/<uuid:job>": OPERATOR,
    "operator/keys": OPERATOR,
    "operator/organizations": OPERATOR,
    "operator/engagements": OPERATOR,
    "t/<slug:tenant>": METADATA,
    "t/<slug:tenant>/cameras": SETTINGS,
    "t/<slug:tenant>/clips": METADATA,
    "t/<slug:tenant>/clips/<uuid:clip>": METADATA,
    "t/<slug:tenant>/clips/<uuid:clip>/clock": CLOCKS,
    "t/<slug:tenant>/clips/<uuid:clip>/imports/<uuid:label_import>": METADATA,
    "t/<slug:tenant>/clips/<uuid:clip>/index": NO_PICTURE,
    "t/<slug:tenant>/clips/<uuid:clip>/init": NO_PICTURE,
    "t/<slug:tenant>/clips/<uuid:clip>/masks/copy": METADATA,
    "t/<slug:tenant>/clips/<uuid:clip>/redaction": METADATA,
    "t/<slug:tenant>/contracts": SETTINGS,
    "t/<slug:tenant>/credit-notes/<uuid:note>": MONEY,
    "t/<slug:tenant>/credit-notes/<uuid:note>/pdf": MONEY,
    "t/<slug:tenant>/gold": METADATA,
    "t/<slug:tenant>/invitations": PEOPLE,
    "t/<slug:tenant>/invoices": MONEY,
    "t/<slug:tenant>/invoices/<uuid:invoice>": MONEY,
    "t/<slug:tenant>/log/checkpoint": HASHES,
    "t/<slug:tenant>/invoices/<uuid:invoice>/credit-notes": MONEY,
    "t/<slug:tenant>/invoices/<uuid:invoice>/pdf": MONEY,
    "t/<slug:tenant>/log/checkpoints": HASHES,
    "t/<slug:tenant>/log/consistency": HASHES,
    "t/<slug:tenant>/log/key": PUBLIC_KEY,
    "t/<slug:tenant>/log/tile/<path:tile>": HASHES,
    "t/<slug:tenant>/lots": METADATA,
    "t/<slug:tenant>/members": PEOPLE,
    "t/<slug:tenant>/projects": SETTINGS,
    "t/<slug:tenant>/projects/<uuid:project>": SETTINGS,
    "t/<slug:tenant>/projects/<uuid:project>/ontologies": SETTINGS,
    "t/<slug:tenant>/projects/<uuid:project>/quality": SETTINGS,
    "t/<slug:tenant>/projects/<uuid:project>/requirements": SETTINGS,
    "t/<slug:tenant>/projects/<uuid:project>/redaction-policy": SETTINGS,
    "t/<slug:tenant>/releases": METADATA,
    "t/<slug:tenant>/releases/key": PUBLIC_KEY,
    "t/<slug:tenant>/sent-back": METADATA,
    "t/<slug:tenant>/quizzes": OWN_ACCOUNT,
    "t/<slug:tenant>/sites": SETTINGS,
    "t/<slug:tenant>/statements": MONEY,
    "t/<slug:tenant>/statements/<uuid:statement>": MONEY,
    "t/<slug:tenant>/tasks": METADATA,
    "t/<slug:tenant>/tasks/<uuid:task>": METADATA,
    "t/<slug:tenant>/trust": PEOPLE,
    "t/<slug:tenant>/rosters/<uuid:roster>": PEOPLE,
    "t/<slug:tenant>/my/why": METADATA,
    "t/<slug:tenant>/weights": SETTINGS,
    "t/<slug:tenant>/why": METADATA,
    "t/<slug:tenant>/workers": PEOPLE,
    "t/<slug:tenant>/workers/<uuid:worker>": PEOPLE,
}

PAGES = {
    "": SHELL,
    "apply": NOTHING_OF_A_TENANT,
    "design/": NOTHING_OF_A_TENANT,
    "healthz": NOTHING_OF_A_TENANT,
    "metrics": NOTHING_OF_A_TENANT,
    "invitation/<str:link>": NOTHING_OF_A_TENANT,
    "account/": OWN_ACCOUNT,
    "account/sessions": OWN_ACCOUNT,
    "account/tokens": OWN_ACCOUNT,
    "account/notices/": OWN_ACCOUNT,
    "notices/": OWN_ACCOUNT,
    "notices/count": OWN_ACCOUNT,
    "notices/stop/<str:link>": OWN_ACCOUNT,
    "help/roles": NOTHING_OF_A_TENANT,
    "nowhere": NOTHING_OF_A_TENANT,
    "operator/": OPERATOR,
    "operator/jobs": OPERATOR,
    "operator/jobs/<uuid:job>": OPERATOR,
    "operator/keys": OPERATOR,
    "operator/organizations": OPERATOR,
    "operator/organizations/<uuid:organization>": OPERATOR,
    "operator/rates": OPERATOR,
    "readyz": NOTHING_OF_A_TENANT,
    "t/<slug:tenant>/": SHELL,
    "t/<slug:tenant>/batches": METADATA,
    "t/<slug:tenant>/batches/<uuid:batch>": METADATA,
    "t/<slug:tenant>/board": METADATA,
    "t/<slug:tenant>/clips": METADATA,
    "t/<slug:tenant>/clips/<uuid:clip>": METADATA,
    "t/<slug:tenant>/clips/<uuid:clip>/erase": METADATA,
    "t/<slug:tenant>/clips/<uuid:clip>/imports": METADATA,
    "t/<slug:tenant>/clips/<uuid:clip>/imports/<uuid:label_import>": METADATA,
    "t/<slug:tenant>/clips/add": SETTINGS,
    "t/<slug:tenant>/credit-notes/<uuid:note>": MONEY,
    "t/<slug:tenant>/home": METADATA,
    "t/<slug:tenant>/invoices": MONEY,
    "t/<slug:tenant>/invoices/<uuid:invoice>": MONEY,
    "t/<slug:tenant>/log/witnesses": HASHES,
    "t/<slug:tenant>/members": PEOPLE,
    "t/<slug:tenant>/people": PEOPLE,
    "t/<slug:tenant>/people/<uuid:worker>": PEOPLE,
    "t/<slug:tenant>/people/<uuid:worker>/scores": PEOPLE,
    "t/<slug:tenant>/people/<uuid:worker>/papers": PEOPLE,
    "t/<slug:tenant>/people/<uuid:worker>/hours": PEOPLE,
    "t/<slug:tenant>/scores": OWN_ACCOUNT,
    "t/<slug:tenant>/quizzes": OWN_ACCOUNT,
    "t/<slug:tenant>/people/roster": PEOPLE,
    "t/<slug:tenant>/people/roster/<uuid:roster>": PEOPLE,
    "t/<slug:tenant>/masks": METADATA,
    "t/<slug:tenant>/clips/<uuid:clip>/masks": METADATA,
    "t/<slug:tenant>/projects/<uuid:project>/redaction": SETTINGS,
    "t/<slug:tenant>/projects": SETTINGS,
    "t/<slug:tenant>/projects/<uuid:project>": SETTINGS,
    "t/<slug:tenant>/projects/<uuid:project>/labels": SETTINGS,
    "t/<slug:tenant>/cameras": SETTINGS,
    "t/<slug:tenant>/projects/new": SETTINGS,
    "t/<slug:tenant>/releases": METADATA,
    "t/<slug:tenant>/sla": CLOCKS,
    "t/<slug:tenant>/sla/<uuid:clip>": CLOCKS,
    "t/<slug:tenant>/statements": MONEY,
    "t/<slug:tenant>/statements/<uuid:statement>": MONEY,
    "t/<slug:tenant>/terms": SETTINGS,
    "t/<slug:tenant>/work": METADATA,
}

#: Beside Django, so not in the URL conf: the tus mount (its HEAD; it answers no GET).
MOUNTS = {
    r"^/api/v1/t/[^/]+/uploads(/|$)": "offset and length of one's own upload: no byte of footage",
}

EXEMPT = {f"api/v1/{route}": reason for route, reason in API.items()} | PAGES
