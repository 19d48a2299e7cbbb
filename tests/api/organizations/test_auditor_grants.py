"""The operator's page of auditors: a grant opens a log at once, its end closes it at once."""

from django.test import Client

from core.access.models import AuditorGrant
from tests.cast import sign_in


def test_a_grant_opens_a_log_and_its_end_closes_it(cast):
    olga, arthur = Client(), Client()
    sign_in(olga, cast.olga)
    sign_in(arthur, cast.arthur)
    assert arthur.get("/t/museum/log").status_code == 404

    given = {
        "person": str(cast.arthur.pk),
        "organization": str(cast.museum.id),
        "purpose": "incident-7",
        "days": "3",
    }
    refused = olga.post("/operator/auditors", given | {"purpose": "two words"})
    assert refused.status_code == 400
    assert olga.post("/operator/auditors", given).status_code == 302
    assert arthur.get("/t/museum/log").status_code == 200

    grant = AuditorGrant.objects.get(organization=cast.museum)
    page = olga.get("/operator/auditors").content.decode()
    assert "incident-7" in page
    assert olga.post("/operator/auditors", {"end": str(grant.id)}).status_code == 302
    assert arthur.get("/t/museum/log").status_code == 404
    assert olga.post("/operator/auditors", {"end": str(grant.id)}).status_code == 404


def test_who_is_no_auditor_of_the_house_gets_no_grant(cast):
    olga = Client()
    sign_in(olga, cast.olga)
    given = {
        "person": str(cast.clara.pk),
        "organization": str(cast.museum.id),
        "purpose": "a",
        "days": "3",
    }
    assert olga.post("/operator/auditors", given).status_code == 400


def test_health_names_the_part_that_ails(cast, monkeypatch):
    from tenants.operations import health_page

    olga = Client()
    sign_in(olga, cast.olga)
    monkeypatch.setattr(
        health_page, "parts_now", lambda: {"database": "ok", "broker": "ConnectionRefusedError"}
    )
    page = olga.get("/operator/health").content.decode()
    assert "One part needs you." in page
    assert "ConnectionRefusedError" in page
    assert "See that Valkey or RabbitMQ runs." in page
