"""Two people who make the same thing at the same instant: one wins, the other is told."""

from concurrent.futures import ThreadPoolExecutor

from django.db import connection


def test_two_projects_of_one_name_at_once(committed_cast, api):
    clara = committed_cast.clara

    def create(_: int) -> int:
        try:
            return (
                api(clara)
                .post("/api/v1/t/harbour/projects", {"name": "Gate"}, format="json")
                .status_code
            )
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        codes = sorted(pool.map(create, range(4)))

    assert codes == [201, 409, 409, 409]
