"""Rate cards: versions that never change; contracts are drafted from them."""

import pytest
from django.db import DatabaseError, transaction

from billing.rates.models import RateCard
from core.tenancy.scope import scope
from tests import dock

PLACE = "/api/v1/operator/rate-cards"
TIERED = {"object": [{"above": "0", "price": "0.40"}, {"above": "1000", "price": "0.30"}]}


def publish(olga, **body):
    made = {"name": "standard", "currency": "EUR", "rates": TIERED} | body
    return olga.post(PLACE, made, format="json")


def test_a_new_price_is_a_new_version_and_the_old_one_stays(cast, olga):
    assert publish(olga).json()["version"] == 1
    assert publish(olga, rates={"object": "0.35"}).json()["version"] == 2
    rows = olga.get(PLACE).json()["results"]
    assert [(row["version"], row["rates"]) for row in rows] == [
        (2, {"object": "0.35"}),
        (1, TIERED),
    ]
    with scope(cast.provider.id):
        card = RateCard.objects.first()
        assert str(card) == "standard 2"
        with pytest.raises(DatabaseError), transaction.atomic():
            card.save()


@pytest.mark.parametrize(
    "body", [{"rates": {"object": 0.4}}, {"rates": {}}, {"currency": "eur"}, {"name": " "}]
)
def test_a_card_that_is_not_sound_is_refused(olga, body):
    assert publish(olga, **body).status_code == 400


def test_a_contract_drafted_from_a_card_has_its_prices_and_all_else_as_agreed(cast, olga, api):
    dock.sign(cast, sla={"turnaround_hours": 5})
    card = publish(olga, currency="GBP").json()["id"]
    drafted = olga.post(f"{PLACE}/{card}/draft", {"client": "harbour"}, format="json")
    assert drafted.status_code == 201
    rows = api(cast.clara).get("/api/v1/t/harbour/contracts").json()["results"]
    terms = rows[0]["terms"]
    assert (rows[0]["state"], terms["rates"], terms["currency"]) == ("draft", TIERED, "GBP")
    assert terms["sla"]["turnaround_hours"] == 5
    assert b"0.30 GBP above 1000" in api(cast.clara).get("/t/harbour/home").content
    stray = olga.post(f"{PLACE}/{card}/draft", {"client": "northlight"}, format="json")
    assert stray.status_code == 404


def test_the_page_publishes_and_drafts(cast, olga):
    page = "/operator/rates"
    assert b"No card yet" in olga.get(page).content
    form = {"name": "standard", "currency": "eur", "object": "0.40", "hour": "12"}
    assert olga.post(page, form).status_code == 302
    assert olga.post(page, {"name": "none", "currency": "EUR"}).status_code == 400
    assert olga.post(page, {"name": "none"}).status_code == 400
    assert olga.post(page, form | {"vendor": "northlight"}).status_code == 302
    assert olga.post(page, form | {"vendor": "harbour"}).status_code == 404
    card = olga.get(PLACE).json()["results"][0]
    assert card["rates"] == {"object": "0.40", "hour": "12"}
    drafted = {"act": "draft", "card": card["id"], "client": "museum"}
    assert olga.post(page, drafted).status_code == 302
    assert olga.post(page, drafted | {"client": "nobody"}).status_code == 404
    assert olga.post(page, drafted | {"card": "x"}).status_code == 404
    assert b"0.40 EUR" in olga.get(page).content
