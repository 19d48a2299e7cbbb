"""manage.py create_operator: the one account that no invitation made."""

import io

import pytest
from django.core.management import CommandError, call_command

from core.access.models import Membership
from core.accounts.models import Person
from core.crypto.models import TenantKey
from core.tenancy.provider import provider
from core.tenancy.scope import scope
from tests.cast import PASSWORD

pytestmark = pytest.mark.django_db


def create(monkeypatch, email="Olaf@Example.org", password=PASSWORD, **more):
    monkeypatch.delenv("CUSTOS_OPERATOR_PASSWORD", raising=False)
    monkeypatch.setattr("sys.stdin", io.StringIO(password + "\n"))
    call_command("create_operator", email, **more)


def test_it_makes_an_operator_with_the_password_from_standard_input(monkeypatch, capsys):
    create(monkeypatch, name="Olaf")
    person = Person.objects.get_by_natural_key("OLAF@example.org")
    assert person.check_password(PASSWORD)
    assert (str(person), person.get_full_name()) == ("olaf@example.org", "Olaf")
    assert Membership.objects.get(user=person).role == "operator"
    with scope(provider().id):
        assert TenantKey.objects.count() == 1
    said = capsys.readouterr().out
    assert "operator now" in said
    assert PASSWORD not in said


def test_or_from_the_environment(monkeypatch):
    monkeypatch.setenv("CUSTOS_OPERATOR_PASSWORD", PASSWORD)
    call_command("create_operator", "olaf@example.org")
    assert Person.objects.get().check_password(PASSWORD)


def test_a_weak_password_makes_nothing(monkeypatch):
    with pytest.raises(CommandError, match="12 characters"):
        create(monkeypatch, password="short")
    assert not Person.objects.exists()


def test_an_account_that_exists_is_left_alone(monkeypatch, cast):
    with pytest.raises(CommandError, match="already"):
        create(monkeypatch, email="CLARA@example.org")
    assert Membership.objects.get(user=cast.clara).role == "client_admin"
