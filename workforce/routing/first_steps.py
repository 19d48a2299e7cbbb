"""What a vendor manager does before the first work goes out."""

from django.db.models import Q, QuerySet

from core.access.models import Engagement, Membership
from core.access.permissions import Permission, Role
from core.clock import now
from core.tenancy.models import Organization
from core.web.first_steps import FirstStep, register
from tenants.organizations.models import Invitation, Profile
from workforce.people.models import Qualification, Worker
from workforce.tasks.models import QueueEntry

_WORKING = [Role.ANNOTATOR.value, Role.REVIEWER.value]


def _engagements(vendor: Organization) -> Q:
    instant = now()
    return Q(vendor=vendor, starts_at__lte=instant) & (
        Q(ends_at__isnull=True) | Q(ends_at__gt=instant)
    )


def _in_somebodys_hands() -> QuerySet[QueueEntry]:
    """Tasks that a worker of the open scope holds, has done or has kept for them."""
    workers = Worker.objects.values("user_id")
    return QueueEntry.objects.filter(Q(lessee__in=workers) | Q(reserved_for__in=workers))


for _step in (
    FirstStep(
        "vendor", 10, "details", "Your organization",
        "Name and address, as they stand on your statements.",
        "organization", "Write them down", Permission.MEMBER_MANAGE,
        done=lambda entry, person: Profile.objects.exclude(address=""),
        optional=True,
    ),
    FirstStep(
        "vendor", 20, "people", "Your people",
        "Annotators draw; reviewers look at what was drawn. Each gets a link to join by.",
        "members", "Invite somebody", Permission.MEMBER_MANAGE,
        done=lambda entry, person: Invitation.objects.filter(role__in=_WORKING),
    ),
    FirstStep(
        "vendor", 30, "taken-on", "Taking them on",
        "Whoever has joined gets no work before you take them on.",
        "people", "Take them on", Permission.PEOPLE_MANAGE,
        done=lambda entry, person: Worker.objects.all(),
        ready=lambda entry, person: Membership.objects.filter(
            organization=entry.organization, role__in=_WORKING
        ),
        waits="Nobody whom you invited has joined yet.",
    ),
    FirstStep(
        "vendor", 40, "papers", "Their papers",
        "Clearances, certificates, languages: some work is open only to who holds them.",
        "people", "Write them down", Permission.PEOPLE_MANAGE,
        done=lambda entry, person: Qualification.objects.all(),
        ready=lambda entry, person: Worker.objects.all(),
        waits="First take somebody on.",
        optional=True,
    ),
    FirstStep(
        "vendor", 50, "client", "A client",
        "A client that has engaged you shares its work with your people.",
        "board", "Look at the board", Permission.TASK_ALLOCATE,
        done=lambda entry, person: Engagement.objects.filter(_engagements(entry.organization)),
        ready=lambda entry, person: Engagement.objects.none(),
        waits="The operator engages you for a client; nothing for you to do.",
    ),
    FirstStep(
        "vendor", 60, "work", "The first work",
        "Give tasks to people, or let the planner: who presses Next task gets the most urgent.",
        "board", "Give work out", Permission.TASK_ALLOCATE,
        done=lambda entry, person: _in_somebodys_hands(),
        ready=lambda entry, person: Worker.objects.all(),
        waits="First take somebody on.",
    ),
):  # fmt: skip
    register(_step)
