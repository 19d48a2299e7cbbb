"""Things with names, written as rows: what made them does not matter here."""

from datetime import timedelta
from uuid import uuid4

from core.access.actors import Actor
from core.clock import now
from core.tenancy.scope import scope


def make_project(organization, name):
    from tenants.projects.services import create_project

    return create_project(actor=Actor.system("test"), tenant=organization.id, name=name)


def make_clip(project, filename):
    from core.storage.models import StoredObject
    from tenants.intake.models import Clip

    with scope(project.tenant_id):
        source = StoredObject.objects.create(
            tenant_id=project.tenant_id, kind="source", size=1, sha256=bytes(32),
            ciphertext_sha256=bytes(32), store_key=uuid4().hex, wrapped_dek=bytes(61),
            key_version=1, commitment=bytes(32),
        )  # fmt: skip
        return Clip.objects.create(
            tenant_id=project.tenant_id, project=project, source=source, filename=filename
        )


def make_invoice(organization, number, total):
    from billing.invoicing.models import Invoice
    from tenants.contracts.models import Contract

    with scope(organization.id):
        contract = Contract.objects.create(tenant_id=organization.id, number=1, terms={})
        return Invoice.objects.create(
            tenant_id=organization.id, sequence=1, number=number, contract=contract,
            currency="EUR", net=total, tax_percent=0, tax=0, total=total,
            due_at=now() + timedelta(days=30),
        )  # fmt: skip
