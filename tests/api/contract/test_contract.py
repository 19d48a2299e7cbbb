"""Schemathesis finds no answer of the API that its document does not tell of, and no 5xx.

As client administrator, vendor manager, annotators, reviewer, auditor and operator, on rows of a
furnished house. Each 40th of the cases that cover the document is sent; EVERY=1 sends all.
"""

import os

import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections

from core.tenancy.scope import scope
from tenants.intake.models import Upload
from tests.api.contract.driving import Driver, ground_of

EVERY = int(os.environ.get("EVERY", "40"))
#: So many operations, of some 200, succeed as described on the house as it is furnished; the rest
#: want a state that it is not in, such as a clip that is erased or a release that is to be built.
MOST = 125

# Streams are read here by a synchronous gateway; what they are made for is an asynchronous one.
pytestmark = pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume")


@pytest.fixture(scope="module")
def ground(furnished_here):
    return ground_of(furnished_here.cast, furnished_here.house)


@pytest.fixture
def driver(ground, settings, django_db_blocker):
    settings.API_LIMITS = dict.fromkeys(settings.API_LIMITS, 10**9)
    # As Django's own test client: a request ends, and the transaction around it does not.
    signals = (request_started, request_finished)
    with django_db_blocker.unblock():
        made = Driver(ground)
        for signal in signals:
            signal.disconnect(close_old_connections)
        yield made
        for signal in signals:
            signal.connect(close_old_connections)


def test_no_operation_answers_otherwise_than_is_told(driver):
    for operation in driver.operations():
        driver.drive(operation, every=EVERY)
    assert len(driver.found.reached) >= MOST, sorted(driver.found.refused.items())
    assert driver.found.wrong == {}, "\n".join(driver.found.wrong.values())


def test_uploads_answer_as_told(driver, furnished_here):
    """By the ASGI application, whose threads have connections of their own: these are kept."""
    from core.web.asgi import application

    driver.app = application
    for operation in driver.uploads():
        with scope(furnished_here.cast.harbour.id):
            rows = Upload.objects.values_list("id", flat=True)
            driver.ground.ids["upload"] = [str(row) for row in rows][:1]
        driver.drive(operation, every=4)
    assert driver.found.wrong == {}, "\n".join(driver.found.wrong.values())
