"""The longest files begin first, so that all of `make test`'s workers are busy to its end.

A worker takes whole files (`--dist loadfile`). By itself xdist begins with those of the most tests,
and a file of eight tests of twenty seconds, begun last, keeps one worker while the other rests;
`--no-loadscope-reorder` leaves the order to this plugin. No test depends on it.
"""

from pathlib import Path

import pytest

#: The files that take longest, and about how many seconds: only their order counts.
SECONDS = {
    "e2e/test_demo.py": 142,
    "browser/test_every_page.py": 128,
    "api/tenancy/test_two_tenants.py": 89,
    "architecture/test_links.py": 85,
    "browser/test_workbench.py": 60,
    "e2e/test_up.py": 58,
    "unit/media/test_media_matrix.py": 52,
    "unit/media/test_media_clips.py": 46,
    "api/web/test_query_counts.py": 45,
    "browser/test_pages.py": 40,
    "architecture/test_after_the_end.py": 31,
    "architecture/test_permissions.py": 31,
    "api/contract/test_contract.py": 29,
    "e2e/test_worker_process.py": 28,
    "unit/audit/test_sequencer.py": 27,
    "unit/redaction/test_real_footage.py": 27,
    "e2e/test_jobs_chaos.py": 26,
    "unit/storage/test_keys_command.py": 23,
    "api/intake/test_store_trouble.py": 20,
    "api/redaction/test_mask_checking.py": 20,
    "api/billing/test_invoices.py": 18,
    "unit/redaction/test_redact_command.py": 18,
    "browser/test_accounts.py": 16,
    "api/redaction/test_redaction_api.py": 14,
    "browser/test_workbench_polygons.py": 14,
    "unit/media/test_media_refusals.py": 14,
    "unit/audit/test_log.py": 13,
    "unit/embedded/test_postgres.py": 13,
    "browser/test_workbench_view.py": 13,
    "api/delivery/test_releases.py": 13,
    "unit/media/test_media_sandbox.py": 12,
    "api/compliance/test_log_api.py": 12,
    "unit/media/test_media_fuzz.py": 12,
    "browser/test_portal.py": 12,
    "browser/test_workbench_events.py": 11,
    "api/quality/test_lots.py": 11,
    "api/intake/test_keys_under_load.py": 11,
    "browser/test_workbench_playing.py": 10,
    "architecture/test_receipts.py": 10,
    "api/intake/test_tus.py": 10,
    "api/intake/test_recovery.py": 10,
    "browser/test_links.py": 10,
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
