"""The longest files begin first, so that both of `make test`'s workers are busy to its end.

A worker takes whole files (`--dist loadfile`). By itself xdist begins with those of the most tests,
and a file of eight tests of twenty seconds, begun last, keeps one worker while the other rests;
`--no-loadscope-reorder` leaves the order to this plugin. No test depends on it.
"""

from pathlib import Path

import pytest

#: Files that take ten seconds or more on a quiet machine of two cores, and about how long.
SECONDS = {
    "browser/test_every_page.py": 120,
    "e2e/test_up.py": 90,
    "e2e/test_demo.py": 90,
    "browser/test_workbench.py": 80,
    "browser/test_pages.py": 80,
    "browser/test_portal.py": 70,
    "api/tenancy/test_two_tenants.py": 70,
    "unit/media/test_media_matrix.py": 60,
    "unit/media/test_media_clips.py": 50,
    "browser/test_workbench_events.py": 40,
    "browser/test_workbench_polygons.py": 40,
    "architecture/test_permissions.py": 35,
    "architecture/test_links.py": 35,
    "unit/cli/test_cli.py": 30,
    "unit/redaction/test_redact_command.py": 30,
    "api/redaction/test_mask_checking.py": 30,
    "api/redaction/test_redaction_api.py": 28,
    "api/intake/test_recovery.py": 28,
    "api/intake/test_tus_js.py": 25,
    "api/intake/test_erasure.py": 25,
    "api/delivery/test_releases.py": 22,
    "api/delivery/test_release_disputes.py": 20,
    "architecture/test_receipts.py": 20,
    "browser/test_components.py": 20,
    "browser/test_masks.py": 20,
    "e2e/test_jobs_chaos.py": 20,
    "e2e/test_worker_process.py": 20,
    "api/quality/test_lots.py": 18,
    "api/billing/test_invoices.py": 18,
    "api/delivery/test_check_release.py": 16,
    "api/links/test_link_tasks.py": 16,
    "unit/audit/test_chaos.py": 16,
    "browser/test_uploader.py": 15,
    "browser/test_zone_drawing.py": 15,
    "browser/test_search_dialog.py": 12,
    "browser/test_bell.py": 12,
    "browser/test_board.py": 12,
    "browser/test_links.py": 12,
}
HERE = Path(__file__).parents[1]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Within a file, and among files that are not named, all stays as it is."""
    if config.getoption("until") is not None:
        return  # slow tests within a budget have an order of their own
    items.sort(key=lambda item: -_seconds(item.path))


def _seconds(path: Path) -> int:
    return SECONDS.get(path.relative_to(HERE).as_posix(), 0) if path.is_relative_to(HERE) else 0
