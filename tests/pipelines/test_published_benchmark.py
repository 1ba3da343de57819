"""Published figures arrive checked, and the project's own list holds what the studies printed."""

import pytest
import yaml

from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.labels import TASKS
from ecg_forge.pipelines.benchmark.published import PublishedBenchmark, PublishedScore
from tests.pipelines.conftest import ROOT


@pytest.fixture(scope="module")
def published() -> PublishedBenchmark:
    text = (ROOT / "conf" / "base" / "parameters" / "published_benchmark.yml").read_text()
    return PublishedBenchmark(**yaml.safe_load(text)["published_benchmark"])


def test_every_study_gives_every_task(published: PublishedBenchmark) -> None:
    assert [len(table.macro_auc) for table in published.tables] == [7, 2]
    for table in published.tables:
        assert all(list(scores) == list(TASKS) for scores in table.macro_auc.values())


def test_the_figures_are_those_printed(published: PublishedBenchmark) -> None:
    rows = {(row["name"], row["task"]): row for task in TASKS for row in published.rows(task)}
    best = rows["xresnet1d101", "all"]
    assert (best["auc"], best["auc_low"], best["auc_high"]) == (0.925, 0.918, 0.932)
    assert best["source"] == "ecg_ptbxl_benchmarking"
    assert (rows["S4", "all"]["auc_low"], rows["S4", "all"]["auc_high"]) == (0.909, 0.943)
    assert rows["S4", "rhythm"]["auc_low"] is None
    assert len(rows) == 9 * len(TASKS)


def test_decisions_of_an_earlier_system_stand_with_their_caveat(published: PublishedBenchmark) -> None:
    (earlier,) = published.decisions_on("superclass")
    assert (earlier["f1"], earlier["subset_accuracy"], earlier["hamming_loss"]) == (0.7382, 0.6156, 0.1158)
    assert earlier["auc"] == 0.9163
    assert "chosen on the test fold" in earlier["caveat"]
    assert published.decisions_on("all") == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"f1": 73.8}, "f1 of a is 73.8; give a share"),
        ({"caveat": ""}, "decisions of a have no caveat"),
        ({"task": "beats"}, "unknown task 'beats'"),
        ({"recall": 1}, "recall"),
    ],
)
def test_decisions_that_lack_something_are_refused(change: dict, message: str) -> None:
    whole = {"name": "a", "task": "superclass", "source": "b", "caveat": "c"}
    scores = {"f1": 0.7, "subset_accuracy": 0.6, "hamming_loss": 0.1, "auc": 0.9}
    with pytest.raises(BadInput, match=message):
        PublishedBenchmark(decisions=[{**whole, **scores, **change}])


def test_a_score_must_be_an_auc_inside_its_interval() -> None:
    assert PublishedScore(0.9).bounds == (None, None)
    for wrong in ({"auc": 9.1}, {"auc": 0.9, "low": 0.91, "high": 0.95}, {"auc": 0.9, "low": 0.8}):
        with pytest.raises(BadInput, match="no AUC with its interval"):
            PublishedScore(**wrong)
    with pytest.raises(BadInput, match="either half_width or low and high"):
        PublishedScore(0.9, half_width=0.01, low=0.8, high=0.95)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"study": "a", "source": "b", "interval": "c"}, "macro_auc"),
        ({"study": "a", "source": "", "interval": "c", "macro_auc": {}}, "a table has no source"),
        ({"study": "a", "source": "b", "interval": "c", "macro_auc": {"x": {"eyes": {"auc": 0.9}}}}, "unknown task"),
        ({"study": "a", "source": "b", "interval": "c", "macro_auc": {"x": {"all": {"f1": 0.9}}}}, "x of a: .*f1"),
    ],
)
def test_a_table_that_lacks_something_is_refused(table: dict, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        PublishedBenchmark([table])
