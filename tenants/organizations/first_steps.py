"""What the operator of an empty house does first. Rates stand in billing.rates."""

from core.access.models import AuditorGrant, Engagement
from core.access.permissions import Permission
from core.tenancy.models import Organization
from core.web.first_steps import FirstStep, register

for _step in (
    FirstStep(
        "provider", 10, "client", "The first client",
        "Whoever wants in fills in the application; you approve it on this page.",
        "/apply", "Open the application", Permission.ORGANIZATION_APPROVE,
        done=lambda entry, person: Organization.objects.filter(kind="client"),
    ),
    FirstStep(
        "provider", 20, "vendor", "The first vendor",
        "Vendors bring the people who label. They apply in the same way.",
        "/apply", "Open the application", Permission.ORGANIZATION_APPROVE,
        done=lambda entry, person: Organization.objects.filter(kind="vendor"),
    ),
    FirstStep(
        "provider", 30, "engagement", "Who works for whom",
        "Without an engagement a vendor’s people see nothing of a client.",
        "/operator/organizations", "Engage a vendor", Permission.ENGAGEMENT_MANAGE,
        done=lambda entry, person: Engagement.objects.all(),
        ready=lambda entry, person: Organization.objects.filter(kind="vendor"),
        waits="It needs a client and a vendor.",
    ),
    FirstStep(
        "provider", 50, "auditor", "An auditor",
        "Somebody of the house who reads logs for a stated purpose, and never footage.",
        "/operator/auditors", "Invite an auditor", Permission.ENGAGEMENT_MANAGE,
        done=lambda entry, person: AuditorGrant.objects.all(),
        optional=True,
    ),
):  # fmt: skip
    register(_step)
