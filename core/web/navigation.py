"""The rail: what a person may open in an organization, in one order for everybody."""

from dataclasses import dataclass

from core.access.door import Entry
from core.access.permissions import Permission, Role


@dataclass(frozen=True, slots=True)
class Item:
    """A place in the rail: its path below the organization, and what opens it."""

    path: str
    label: str
    icon: str
    permission: Permission
    kinds: frozenset[str]


CLIENT, VENDOR, PROVIDER = frozenset({"client"}), frozenset({"vendor"}), frozenset({"provider"})
ANYWHERE = CLIENT | VENDOR | PROVIDER

ITEMS = [
    Item("home", "Home", "house", Permission.CLIP_LIST, CLIENT),
    Item("work", "My work", "house", Permission.TASK_ANNOTATE, VENDOR),
    Item("reviews", "Reviews", "list-checks", Permission.TASK_REVIEW, VENDOR),
    Item("board", "Board", "layout-dashboard", Permission.TASK_ALLOCATE, VENDOR),
    Item("masks", "Masks", "scan-face", Permission.REDACTION_CHECK, VENDOR),
    Item("seams", "One or two", "merge", Permission.LABEL_DECIDE, VENDOR),
    Item("scores", "My scores", "gauge", Permission.TASK_ANNOTATE, VENDOR),
    Item("quizzes", "Quizzes", "graduation-cap", Permission.TASK_ANNOTATE, VENDOR),
    Item("people", "People", "users", Permission.PEOPLE_READ, VENDOR),
    Item("batches", "Batches", "layers", Permission.CLIP_LIST, CLIENT),
    Item("clips", "Footage", "film", Permission.CLIP_LIST, CLIENT),
    Item("projects", "Projects", "tags", Permission.PROJECT_READ, CLIENT),
    Item("cameras", "Cameras", "cctv", Permission.PROJECT_READ, CLIENT),
    Item("quality", "Quality", "gauge", Permission.QUALITY_READ, CLIENT),
    Item("releases", "Releases", "package-check", Permission.RELEASE_READ, CLIENT),
    Item("sla", "On time", "timer", Permission.RELEASE_READ, CLIENT),
    Item("log", "Access log", "scroll-text", Permission.LOG_READ, ANYWHERE),
    # Who only oversees has these in the rail; others find them beside the log.
    Item("access-review", "Access review", "user-check", Permission.LOG_RESOLVE, ANYWHERE),
    Item("retention", "Retention", "archive", Permission.LOG_RESOLVE, CLIENT),
    Item("invoices", "Invoices", "receipt", Permission.BILLING_READ, CLIENT),
    Item("terms", "Terms", "file-text", Permission.CONTRACT_READ, CLIENT),
    Item("statements", "Statements", "receipt", Permission.STATEMENT_READ, VENDOR),
    Item("members", "Members", "contact", Permission.MEMBER_LIST, CLIENT | VENDOR),
    Item("organization", "Organization", "building-2", Permission.MEMBER_LIST, CLIENT | VENDOR),
    Item("key", "Key", "key-round", Permission.KEY_CHOOSE, CLIENT),
]

OPERATOR_ITEMS = [
    ("/operator/", "Desk", "house"),
    ("/operator/organizations", "Organizations", "building-2"),
    ("/operator/auditors", "Auditors", "scroll-text"),
    ("/operator/rates", "Rates", "coins"),
    ("/operator/jobs", "Jobs", "list-checks"),
    ("/operator/keys", "Keys", "key-round"),
    ("/operator/health", "Health", "gauge"),
]


ACCOUNT_ITEMS = [
    ("/", "Work", "chevron-left"),
    ("/notices/", "Notices", "bell"),
    ("/account/", "Account", "user"),
    ("/account/notices/", "Preferences", "sliders-horizontal"),
    ("/accounts/2fa/webauthn/", "Passkeys", "fingerprint"),
    ("/accounts/2fa/", "Second step", "shield-check"),
    ("/account/sessions", "Sessions", "history"),
    ("/account/tokens", "Tokens", "key-round"),
    ("/help/roles", "Roles", "circle-question-mark"),
]


def nav_items(entry: Entry, path: str) -> list[dict[str, object]]:
    """Give the rail of an organization for who has entered it; `path` marks the current place."""
    base = f"/t/{entry.organization.slug}/"
    items: list[dict[str, object]] = []
    if Role.OPERATOR in entry.roles:
        items.append({"url": "/operator/", "label": "Desk", "icon": "house", "current": False})
    for item in ITEMS:
        if item.permission in entry.permissions and entry.organization.kind in item.kinds:
            url = base + item.path
            items.append(
                {
                    "url": url,
                    "label": item.label,
                    "icon": item.icon,
                    "current": path == url or path.startswith(f"{url}/"),
                }
            )
    return items


def account_items(path: str) -> list[dict[str, object]]:
    """Give the rail of one's own account; the longest address that fits is the current place."""
    fits = [url for url, _, _ in ACCOUNT_ITEMS if url != "/" and path.startswith(url)]
    current = max(fits, key=len, default="")
    return [
        {"url": url, "label": label, "icon": icon, "current": url == current}
        for url, label, icon in ACCOUNT_ITEMS
    ]


def operator_items(path: str) -> list[dict[str, object]]:
    """Give the rail of the operator's desk."""
    return [
        {
            "url": url,
            "label": label,
            "icon": icon,
            "current": path == url or path.startswith(f"{url}/"),
        }
        for url, label, icon in OPERATOR_ITEMS
    ]
