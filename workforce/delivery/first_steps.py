"""What a client does before its footage is labelled."""

from allauth.mfa.models import Authenticator

from core.access.permissions import Permission
from core.web.first_steps import FirstStep, register
from tenants.contracts.models import Contract
from tenants.intake.models import Clip
from tenants.organizations.models import Invitation, KeyPlan, Profile
from tenants.projects.models import Camera, Project

_STRONG = [Authenticator.Type.WEBAUTHN, Authenticator.Type.TOTP]

for _step in (
    FirstStep(
        "client", 10, "details", "Your organization",
        "Name and address, as they stand on contracts and invoices.",
        "organization", "Write them down", Permission.MEMBER_MANAGE,
        done=lambda entry, person: Profile.objects.exclude(address=""),
    ),
    FirstStep(
        "client", 20, "contract", "Your contract",
        "Read the terms: price, delivery, how long footage is kept. Then sign.",
        "terms", "Read and sign", Permission.CONTRACT_SIGN,
        done=lambda entry, person: Contract.objects.exclude(state=Contract.State.DRAFT),
        ready=lambda entry, person: Contract.objects.filter(state=Contract.State.DRAFT),
        waits="We draft it, and it stands here as soon as it waits for you. Go on meanwhile.",
    ),
    FirstStep(
        "client", 30, "passkey", "Your second step",
        "A passkey or an app on your phone, so that a stolen password opens nothing.",
        "/accounts/2fa/webauthn/", "Add a passkey", Permission.CONTRACT_SIGN,
        done=lambda entry, person: Authenticator.objects.filter(user=person, type__in=_STRONG),
        optional=True,
    ),
    FirstStep(
        "client", 40, "key", "Your key",
        "Your footage is sealed under a key of your own. Choose how often it is replaced.",
        "key", "Choose", Permission.KEY_CHOOSE,
        done=lambda entry, person: KeyPlan.objects.all(),
        optional=True,
    ),
    FirstStep(
        "client", 50, "people", "Your people",
        "Who uploads, who looks on, who accepts releases beside you.",
        "members", "Invite somebody", Permission.MEMBER_MANAGE,
        done=lambda entry, person: Invitation.objects.exclude(email=person.email),
        optional=True,
    ),
    FirstStep(
        "client", 60, "camera", "Your cameras",
        "Sites, cameras and their zones: entrances, perimeters, restricted areas.",
        "cameras", "Add a camera", Permission.PROJECT_EDIT,
        done=lambda entry, person: Camera.objects.all(),
        optional=True,
    ),
    FirstStep(
        "client", 70, "project", "Your first project",
        "It says what is labelled. Begin with a ready list; you can change it later.",
        "projects/new", "Make a project", Permission.PROJECT_EDIT,
        done=lambda entry, person: Project.objects.all(),
    ),
    FirstStep(
        "client", 80, "footage", "Your first footage",
        "It is encrypted as it arrives; no one opens it without a task or a stated purpose.",
        "clips/add", "Add footage", Permission.UPLOAD_CREATE,
        done=lambda entry, person: Clip.objects.all(),
        ready=lambda entry, person: Project.objects.all(),
        waits="It needs a project first: an administrator makes it.",
    ),
):  # fmt: skip
    register(_step)
