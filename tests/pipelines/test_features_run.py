"""The models on features and the exploration, run from the catalog on a small simulated PTB-XL."""

from pathlib import Path

import pytest
from kedro.io import DataCatalog

from tests.pipelines.conftest import PARAMETERS, session, write_conf

SMALL = {name: PARAMETERS[name] for name in ("feature_models", "exploration", "evaluation")}


@pytest.fixture(scope="module")
def catalog(project: Path, tmp_path_factory: pytest.TempPathFactory) -> DataCatalog:
    """The catalog after the features' runs were trained, scored, and the data looked at."""
    folder = tmp_path_factory.mktemp("features")
    conf = write_conf(folder, folder / "data", SMALL)
    for names in (["data_engineering", "feature_models", "exploration"], ["benchmark_results"]):
        with session(project, conf) as running:
            running.run(pipeline_names=names)
    with session(project, conf) as after:
        return after.load_context().catalog


def test_both_models_stand_on_the_leaderboard(catalog: DataCatalog) -> None:
    board = catalog.load("leaderboard")
    ours = board[board["kind"] == "run"]
    assert sorted(ours["name"]) == ["gradient_boosting", "random_forest"]
    assert ours["auc"].between(0.5, 1).all()
    assert ours["parameters"].isna().all()
    assert "## How the models on features were trained" in catalog.load("leaderboard_page")


def test_the_exploration_writes_its_report_and_the_figures_of_its_page(catalog: DataCatalog) -> None:
    page = catalog.load("exploration_page")
    assert all(f"]({name}.svg)" in page for name in catalog.load("exploration_figures"))
    assert catalog.load("exploration_report").count("<img") == len(catalog.load("exploration_figures"))
    assert set(catalog.load("feature_importance")["by"]) == {"feature", "lead"}
