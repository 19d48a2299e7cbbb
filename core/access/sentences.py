"""What each permission and role means, in words that finish "You may ..."."""

from collections.abc import Mapping

from core.access.permissions import (
    AUDITED_PERMISSIONS,
    ENGAGED_PERMISSIONS,
    OPERATOR_ON_TENANTS,
    ROLE_PERMISSIONS,
    Permission,
    Role,
)

P = Permission

MAY: Mapping[Permission, str] = {
    P.BILLING_READ: "read invoices and credit notes",
    P.CLIP_ERASE: "erase footage for good, with a certificate",
    P.CLIP_LIST: "see which clips there are, and how far each is",
    P.CLIP_WATCH: "watch all footage; each look is logged",
    P.CLOCK_ANSWER: "answer the questions for which the clock of a clip stands still",
    P.CONTRACT_READ: "read the terms",
    P.CONTRACT_SIGN: "sign the terms",
    P.CREDIT_ISSUE: "issue credit notes",
    P.ENGAGEMENT_MANAGE: "let vendors work for clients, and end it",
    P.GOLD_MANAGE: "choose the clips that work is checked against",
    P.INVOICE_ISSUE: "issue invoices",
    P.JOB_MANAGE: "see and retry the program's jobs",
    P.KEY_CHOOSE: "choose how often the organization's key is replaced, and replace it",
    P.KEY_MANAGE: "replace keys",
    P.LABEL_DECIDE: "decide where labels of two tasks do not fit together",
    P.LABEL_IMPORT: "bring labels in from files",
    P.LABEL_READ: "read labels",
    P.LOG_EXPORT: "export the access log with its proofs",
    P.LOG_READ: "read the access log",
    P.LOG_RESOLVE: "learn who stands behind an entry of the log, for a stated purpose",
    P.LOG_WITNESS: "set where the log's checkpoints are sent",
    P.MEMBER_LIST: "see the members",
    P.MEMBER_MANAGE: "invite people and end memberships",
    P.ORGANIZATION_APPROVE: "approve, suspend and close organizations",
    P.ORGANIZATION_READ: "see the organization's name and state",
    P.PAYMENT_RECORD: "write down payments and order refunds",
    P.PEOPLE_MANAGE: "change people's skills, papers and hours",
    P.PEOPLE_READ: "see people's skills, papers and hours",
    P.PROJECT_EDIT: "make projects, and change labels, sites and cameras",
    P.PROJECT_READ: "see projects, labels and cameras",
    P.QUALITY_READ: "read scores and quality reports",
    P.RATE_MANAGE: "set rates",
    P.REDACTION_CHECK: "check masks over faces and plates, frame by frame",
    P.REDACTION_MANAGE: "order anonymization and set its policy",
    P.REDACTION_READ: "read what anonymization found and left",
    P.RELEASE_ACCEPT: "accept or dispute a delivery",
    P.RELEASE_BUILD: "order a delivery",
    P.RELEASE_DOWNLOAD: "download a delivery",
    P.RELEASE_READ: "see deliveries, their quality and deadlines",
    P.RUSH_ORDER: "order work as rush",
    P.SLA_MANAGE: "stop and start the clock of a deadline",
    P.STATEMENT_ISSUE: "issue vendors' statements",
    P.STATEMENT_READ: "read vendors' statements",
    P.TASK_ALLOCATE: "give work to people and hold it back",
    P.TASK_ANNOTATE: "take tasks and label the frames that belong to them",
    P.TASK_LIST: "see tasks and how far they are",
    P.TASK_REVIEW: "review others' labels and decide disputes",
    P.TASK_SLICE: "cut clips into tasks",
    P.UPLOAD_CREATE: "upload footage",
}

TITLES: Mapping[Role, str] = {
    Role.CLIENT_ADMIN: "Client administrator",
    Role.CLIENT_UPLOADER: "Client uploader",
    Role.CLIENT_VIEWER: "Client viewer",
    Role.VENDOR_MANAGER: "Vendor manager",
    Role.ANNOTATOR: "Annotator",
    Role.REVIEWER: "Reviewer",
    Role.AUDITOR: "Auditor",
    Role.OPERATOR: "Operator",
}

#: What a role is for, and what it never sees.
ABOUT: Mapping[Role, str] = {
    Role.CLIENT_ADMIN: "Answers for a client's footage: projects, deliveries, money and people.",
    Role.CLIENT_UPLOADER: "Brings footage in. Sees no frame of it here.",
    Role.CLIENT_VIEWER: "Follows how far the work is. Sees no frame, no label and no price.",
    Role.VENDOR_MANAGER: "Leads a vendor's people and their work. Sees no footage.",
    Role.ANNOTATOR: "Labels footage: only the frames of a task in hand, while it is in hand.",
    Role.REVIEWER: "Reviews and labels: only the frames of a task in hand, while it is in hand.",
    Role.AUDITOR: "Checks who looked at what, where and as long as a grant says so. No footage.",
    Role.OPERATOR: "Runs the service. Sets organizations up and never sees footage or labels.",
}


def parts_of(role: Role) -> list[tuple[str, list[str]]]:
    """Say what a role allows: a heading for each place where it counts, and sentences."""
    own = ROLE_PERMISSIONS[role]
    if role == Role.AUDITOR:
        return [("In an organization that a grant names", _say(AUDITED_PERMISSIONS))]
    if role == Role.OPERATOR:
        return [
            ("At the provider's desk, for all organizations", _say(own & OPERATOR_ON_TENANTS)),
            ("In the provider's own log", _say(own - OPERATOR_ON_TENANTS)),
        ]
    parts = [("In your own organization", _say(own))]
    if role in ENGAGED_PERMISSIONS:
        parts.append(("For a client that engages your vendor", _say(ENGAGED_PERMISSIONS[role])))
    return parts


def _say(permissions: frozenset[Permission]) -> list[str]:
    return [MAY[permission] for permission in MAY if permission in permissions]
