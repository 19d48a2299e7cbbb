"""Our numbers are the field's: TrackEval's on real sequences and cases, ActivityNet's on events."""

import json

import pytest

from workforce.quality.scoring.events import Event, score_events
from workforce.quality.scoring.mot import score_files

SEQUENCES = [
    "TUD-Campus",
    "TUD-Stadtmitte",
    "MOT16-11",
    "MOT17-02-FRCNN",
    "MOT17-05-SDP",
    "MOT17-09-DPM",
    "MOT17-11-FRCNN",
]
CASES = [
    "perfect",
    "empty_annotator",
    "empty_gt",
    "both_disjoint",
    "id_swap",
    "fragmented_ids",
    "merged_ids",
    "gap_reacquired",
    "jitter_small",
    "jitter_large",
    "duplicates",
    "box_scale",
    "crowd",
]


@pytest.mark.shared
@pytest.mark.parametrize("sequence", SEQUENCES)
def test_a_sequence_scores_as_trackeval_scores_it(shared_data, sequence):
    mot = shared_data / "mot"
    expected = json.loads((mot / "expected.json").read_text())["sequences"][sequence]["plain"]

    score = score_files(
        mot / "gt" / sequence / "gt/gt.txt", mot / "trackers/t/data" / f"{sequence}.txt"
    )

    assert list(score.summary()) == list(expected["summary"])
    assert score.summary() == pytest.approx(expected["summary"], abs=1e-9)
    assert score.hota.hota.tolist() == pytest.approx(expected["HOTA"]["HOTA"], abs=1e-9)
    assert score.hota.loc_a.tolist() == pytest.approx(expected["HOTA"]["LocA"], abs=1e-9)


@pytest.mark.shared
def test_every_reference_sequence_is_in_the_list(shared_data):
    expected = json.loads((shared_data / "mot/expected.json").read_text())
    cases = json.loads((shared_data / "mot/cases/expected.json").read_text())

    assert sorted(expected["sequences"]) == sorted(SEQUENCES)
    assert sorted(cases["cases"]) == sorted(CASES)


@pytest.mark.shared
@pytest.mark.parametrize("case", CASES)
def test_an_edge_case_scores_as_trackeval_scores_it(shared_data, case):
    folder = shared_data / "mot/cases"
    expected = json.loads((folder / "expected.json").read_text())["cases"][case]

    summary = score_files(folder / case / "gt.txt", folder / case / "test.txt").summary()

    assert {key: summary[key] for key in expected} == pytest.approx(expected, abs=1e-9)


@pytest.mark.shared
@pytest.mark.parametrize("run", ["sample_official", "jittered_seed7"])
def test_events_score_as_activitynet_scores_them(shared_data, run):
    folder = shared_data / "mot/events"
    truth = json.loads((folder / "gt.json").read_text())
    prediction = json.loads((folder / "pred.json").read_text())[run]
    expected = json.loads((folder / "expected.json").read_text())["results"][run]

    score = score_events(
        [
            Event(clip, item["label"], *item["segment"])
            for clip, video in truth.items()
            for item in video["annotations"]
        ],
        [
            Event(clip, item["label"], *item["segment"], item["score"])
            for clip, items in prediction.items()
            for item in items
        ],
    )

    assert score.average == pytest.approx(expected["mAP_0.5:0.95"], abs=1e-12)
    assert sorted(score.by_label) == sorted(expected["ap_per_class"])
    for label, values in expected["ap_per_class"].items():
        assert score.by_label[label].tolist() == pytest.approx(values, abs=1e-12)
    means = list(expected["mAP_at_tiou"].values())
    assert score.mean_average_precision.tolist() == pytest.approx(means, abs=1e-12)
