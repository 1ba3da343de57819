"""Models without epochs stand on the leaderboard's page beside those that have them."""

from typing import Any

from made_up_board import board, row, run

from ecg_forge.reporting.feature_model_notes import feature_model_lines, networks
from ecg_forge.reporting.leaderboard_page import leaderboard_page


def forest() -> dict[str, Any]:
    said = run("superclass", "random_forest", 0)
    said["configuration"] = {"model": "random_forest", "task": "superclass", "seed": 0, "workers": 1, "trees": 120}
    tried = [{"leaf_records": 2, "val_auc": 0.91}, {"leaf_records": 5, "val_auc": 0.92}]
    without = {"parameters": None, "records_per_s": None, "epochs_trained": None, "best_epoch": None}
    return {**said, **without, "features": 851, "trees": 120, "chosen": {"leaf_records": 5}, "tried": tried}


def page_with_forest() -> str:
    made = board()
    made["runs"].append(forest())
    without = {"parameters": None, "records_per_s": None, "epochs_trained": None}
    made["tasks"]["superclass"]["rows"].append(row("run", "random_forest", 0.9, seeds="0", **without))
    return leaderboard_page(made)


def test_what_was_tried_and_chosen_is_told_apart_from_the_networks() -> None:
    page = page_with_forest()
    networks_part, _, features_part = page.partition("## How the models on features were trained")
    assert "random_forest" not in networks_part.partition("## How the classifiers were trained")[2]
    assert "`leaf_records` 2, `val_auc` 0.91; `leaf_records` 5, `val_auc` 0.92 | `leaf_records` 5 |" in features_part
    assert "| 851 | 120 | 10.0 | 1.9 |" in features_part


def test_what_trees_lack_is_a_dash_in_the_table() -> None:
    (line,) = [line for line in page_with_forest().splitlines() if line.startswith("| random_forest | run")]
    assert line.endswith("| – | 10.5 | – | – |")


def test_the_settings_that_the_networks_share_stay_shared() -> None:
    without, with_forest = leaderboard_page(board()), page_with_forest()
    shared = next(line for line in without.splitlines() if "All runs share" in line)
    assert shared in with_forest


def test_a_page_of_networks_alone_or_of_trees_alone_has_one_section() -> None:
    assert feature_model_lines(board()["runs"]) == []
    fused = {"name": "late_fusion", "epochs_trained": None}
    assert networks([forest(), fused]) == []
    trees_alone = leaderboard_page({**board(), "runs": [forest()]})
    assert "## How the classifiers were trained" not in trees_alone
