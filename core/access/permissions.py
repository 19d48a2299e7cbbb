"""Everything that can be allowed, in alphabetical order, and which role holds what."""

from enum import StrEnum


class Permission(StrEnum):
    """What a person may do. The value is stable: it is stored in grants and shown in the log."""

    BILLING_READ = "billing.read"
    CLIP_ERASE = "clip.erase"
    CLIP_LIST = "clip.list"
    CLIP_WATCH = "clip.watch"
    CLOCK_ANSWER = "clock.answer"
    CONTRACT_READ = "contract.read"
    CONTRACT_SIGN = "contract.sign"
    CREDIT_ISSUE = "credit.issue"
    ENGAGEMENT_MANAGE = "engagement.manage"
    GOLD_MANAGE = "gold.manage"
    INVOICE_ISSUE = "invoice.issue"
    JOB_MANAGE = "job.manage"
    KEY_CHOOSE = "key.choose"
    KEY_MANAGE = "key.manage"
    LABEL_DECIDE = "label.decide"
    LABEL_IMPORT = "label.import"
    LABEL_READ = "label.read"
    LOG_EXPORT = "log.export"
    LOG_READ = "log.read"
    LOG_RESOLVE = "log.resolve"
    LOG_WITNESS = "log.witness"
    MEMBER_LIST = "member.list"
    MEMBER_MANAGE = "member.manage"
    ORGANIZATION_APPROVE = "organization.approve"
    ORGANIZATION_READ = "organization.read"
    PAYMENT_RECORD = "payment.record"
    PEOPLE_MANAGE = "people.manage"
    PEOPLE_READ = "people.read"
    PROJECT_EDIT = "project.edit"
    PROJECT_READ = "project.read"
    QUALITY_READ = "quality.read"
    RATE_MANAGE = "rate.manage"
    REDACTION_CHECK = "redaction.check"
    REDACTION_MANAGE = "redaction.manage"
    REDACTION_READ = "redaction.read"
    RELEASE_ACCEPT = "release.accept"
    RELEASE_BUILD = "release.build"
    RELEASE_DOWNLOAD = "release.download"
    RELEASE_READ = "release.read"
    RUSH_ORDER = "rush.order"
    SLA_MANAGE = "sla.manage"
    STATEMENT_ISSUE = "statement.issue"
    STATEMENT_READ = "statement.read"
    TASK_ALLOCATE = "task.allocate"
    TASK_ANNOTATE = "task.annotate"
    TASK_LIST = "task.list"
    TASK_REVIEW = "task.review"
    TASK_SLICE = "task.slice"
    UPLOAD_CREATE = "upload.create"


class Role(StrEnum):
    """A membership's role. A role belongs to organizations of one kind."""

    ANNOTATOR = "annotator"
    AUDITOR = "auditor"
    CLIENT_ADMIN = "client_admin"
    CLIENT_UPLOADER = "client_uploader"
    CLIENT_VIEWER = "client_viewer"
    OPERATOR = "operator"
    REVIEWER = "reviewer"
    VENDOR_MANAGER = "vendor_manager"


P = Permission

_VIEWER = frozenset(
    {
        P.CLIP_LIST,
        P.ORGANIZATION_READ,
        P.PROJECT_READ,
        P.REDACTION_READ,
        P.RELEASE_READ,
        P.TASK_LIST,
    }
)

ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.CLIENT_VIEWER: _VIEWER,
    Role.CLIENT_UPLOADER: _VIEWER | {P.CLOCK_ANSWER, P.UPLOAD_CREATE},
    Role.CLIENT_ADMIN: _VIEWER
    | {
        P.BILLING_READ,
        P.CLIP_ERASE,
        P.CLIP_WATCH,
        P.CLOCK_ANSWER,
        P.CONTRACT_READ,
        P.CONTRACT_SIGN,
        P.GOLD_MANAGE,
        P.KEY_CHOOSE,
        P.LABEL_DECIDE,
        P.LABEL_IMPORT,
        P.LABEL_READ,
        P.LOG_EXPORT,
        P.LOG_READ,
        P.LOG_WITNESS,
        P.MEMBER_LIST,
        P.MEMBER_MANAGE,
        P.PROJECT_EDIT,
        P.QUALITY_READ,
        P.REDACTION_CHECK,
        P.REDACTION_MANAGE,
        P.RELEASE_ACCEPT,
        P.RELEASE_BUILD,
        P.RELEASE_DOWNLOAD,
        P.RUSH_ORDER,
        P.TASK_SLICE,
        P.UPLOAD_CREATE,
    },
    Role.ANNOTATOR: frozenset({P.ORGANIZATION_READ, P.TASK_ANNOTATE}),
    Role.REVIEWER: frozenset(
        {
            P.LABEL_DECIDE,
            P.ORGANIZATION_READ,
            P.REDACTION_CHECK,
            P.TASK_ANNOTATE,
            P.TASK_REVIEW,
        }
    ),
    Role.VENDOR_MANAGER: frozenset(
        {
            P.MEMBER_LIST,
            P.MEMBER_MANAGE,
            P.ORGANIZATION_READ,
            P.PEOPLE_MANAGE,
            P.PEOPLE_READ,
            P.QUALITY_READ,
            P.STATEMENT_READ,
            P.TASK_ALLOCATE,
            P.TASK_LIST,
        }
    ),
    Role.AUDITOR: frozenset(
        {
            P.CLIP_LIST,
            P.LOG_EXPORT,
            P.LOG_READ,
            P.LOG_RESOLVE,
            P.ORGANIZATION_READ,
            P.RELEASE_READ,
        }
    ),
    # The operator sets tenants, rates, vendors and keys up and never needs to see footage to do it.
    Role.OPERATOR: frozenset(
        {
            P.BILLING_READ,
            P.CONTRACT_READ,
            P.CREDIT_ISSUE,
            P.ENGAGEMENT_MANAGE,
            P.INVOICE_ISSUE,
            P.JOB_MANAGE,
            P.KEY_MANAGE,
            P.LOG_EXPORT,
            P.LOG_READ,
            P.MEMBER_LIST,
            P.MEMBER_MANAGE,
            P.ORGANIZATION_APPROVE,
            P.ORGANIZATION_READ,
            P.PAYMENT_RECORD,
            P.PROJECT_EDIT,
            P.PROJECT_READ,
            P.RATE_MANAGE,
            P.RELEASE_BUILD,
            P.RELEASE_READ,
            P.SLA_MANAGE,
            P.STATEMENT_ISSUE,
            P.STATEMENT_READ,
            P.TASK_LIST,
            P.TASK_SLICE,
        }
    ),
}

#: What an operator may do inside a client's or vendor's scope (everything else needs its people).
OPERATOR_ON_TENANTS: frozenset[Permission] = ROLE_PERMISSIONS[Role.OPERATOR] - {
    P.LOG_EXPORT,
    P.LOG_READ,
}

#: What an engagement between client and vendor opens to the vendor's people in the client's scope,
#: by role. Footage and labels are narrowed further to the tasks that they hold a lease on.
ENGAGED_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.ANNOTATOR: frozenset({P.TASK_ANNOTATE}),
    Role.REVIEWER: frozenset({P.LABEL_DECIDE, P.REDACTION_CHECK, P.TASK_ANNOTATE, P.TASK_REVIEW}),
    Role.VENDOR_MANAGER: frozenset({P.LABEL_IMPORT, P.PROJECT_READ, P.TASK_ALLOCATE, P.TASK_LIST}),
}

#: What an auditor's grant opens in the scope of the organization that it names.
AUDITED_PERMISSIONS: frozenset[Permission] = ROLE_PERMISSIONS[Role.AUDITOR]

#: What is left to the leaders of a suspended organization: to see why and what is owed, and to take
#: along what is theirs. Nothing to anybody else of it, or where an account may be in wrong hands.
WHILE_SUSPENDED: frozenset[Permission] = frozenset(
    {
        P.BILLING_READ,
        P.CONTRACT_READ,
        P.LOG_EXPORT,
        P.LOG_READ,
        P.MEMBER_LIST,
        P.ORGANIZATION_READ,
        P.RELEASE_DOWNLOAD,
        P.RELEASE_READ,
        P.STATEMENT_READ,
    }
)

ROLES_OF_KIND: dict[str, frozenset[Role]] = {
    "client": frozenset({Role.CLIENT_ADMIN, Role.CLIENT_UPLOADER, Role.CLIENT_VIEWER}),
    "vendor": frozenset({Role.ANNOTATOR, Role.REVIEWER, Role.VENDOR_MANAGER}),
    "provider": frozenset({Role.AUDITOR, Role.OPERATOR}),
}

#: Who may appoint others in an organization of their own.
LEADING_ROLES: frozenset[Role] = frozenset({Role.CLIENT_ADMIN, Role.OPERATOR, Role.VENDOR_MANAGER})
