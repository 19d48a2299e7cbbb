"""What a release's package is called, for rooms below that only know its object."""

from collections.abc import Iterable
from uuid import UUID

from tenants.intake.shared_packages import names_packages
from workforce.delivery.models import Release


@names_packages
def package_names(objects: Iterable[UUID]) -> dict[UUID, str]:
    """Give names by the package's object, in the open scope."""
    rows = Release.objects.filter(package_id__in=list(objects)).select_related("project")
    return {
        row.package_id: f"Release {row.number} of {row.project.name}"
        for row in rows
        if row.package_id is not None
    }
