"""What nodes do with data that a whole run does not show: damaged recordings, leaks, nothing accepted."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from ecg_forge.ecg.errors import BadInput, LeakError
from ecg_forge.ecg.metadata import DataConfig
from ecg_forge.ecg.records import Signals
from ecg_forge.ecg.statements import CODES
from ecg_forge.metrics.config import EvaluationConfig
from ecg_forge.pipelines.augmentation import nodes as augmentation
from ecg_forge.pipelines.baseline import nodes as baseline
from ecg_forge.pipelines.data_engineering import nodes as data_engineering
from ecg_forge.pipelines.evaluation.report import draw_gallery
from ecg_forge.pipelines.results.nodes import draw_synthetic_example
from ecg_forge.provenance import code_version, machine, started_at
from ecg_forge.training.config import ClassifierConfig


@dataclass(frozen=True)
class Block:
    samples: np.ndarray
    problems: list[str]


class Recordings:
    """Recordings in memory, of which some are damaged; two records a block."""

    dataset, origin = "PTB-XL", "memory"

    def __init__(self, problems: dict[str, str]) -> None:
        self._problems = problems

    def read(self, filenames: Sequence[str], *, fs: int, length: int) -> Iterator[Block]:
        for start in range(0, len(filenames), 2):
            names = filenames[start : start + 2]
            samples = np.random.default_rng(start).integers(-500, 500, (len(names), 12, length)).astype(np.int16)
            yield Block(samples, [self._problems.get(name, "") for name in names])


def candidates(n: int = 5) -> pd.DataFrame:
    return pd.DataFrame({"filename": [f"r{i}" for i in range(n)]}, index=pd.RangeIndex(11, 11 + n, name="ecg_id"))


def inspected(problems: dict[str, str]) -> pd.DataFrame:
    return data_engineering.inspect_recordings(candidates(), Recordings(problems), DataConfig())


def test_a_damaged_recording_is_an_error_that_names_it() -> None:
    quality = inspected({"r3": "wrong checksum in lead V2"})
    with pytest.raises(BadInput, match=r"r3 \(ecg_id 14\): wrong checksum in lead V2; 1 damaged in all"):
        data_engineering.keep_usable_records(candidates(), quality, DataConfig())


def test_a_damaged_recording_is_left_out_when_asked_for() -> None:
    quality = inspected({"r3": "truncated"})
    kept = data_engineering.keep_usable_records(candidates(), quality, DataConfig(on_bad_record="drop"))
    assert kept.index.tolist() == [11, 12, 13, 15]
    assert quality.loc[14, "problem"] == "truncated"


def test_signals_are_streamed_in_the_order_of_the_records() -> None:
    stream = data_engineering.decode_signals(candidates(), Recordings({}), DataConfig())
    assert [len(block) for block in stream.blocks(0)] == [2, 2, 1]
    assert [len(block) for block in stream.blocks(3)] == [2]
    assert stream.ecg_id.tolist() == [11, 12, 13, 14, 15]


def test_a_recording_damaged_after_the_inspection_stops_the_decoding() -> None:
    stream = data_engineering.decode_signals(candidates(), Recordings({"r4": "truncated"}), DataConfig())
    with pytest.raises(BadInput, match="changed since it was inspected: truncated"):
        list(stream.blocks(0))


def records() -> pd.DataFrame:
    people = {"patient_id": [1, 2, 3, 4], "age": [50.0, 60.0, 70.0, 80.0], "sex": "female"}
    return pd.DataFrame({"split": ["train", "train", "val", "test"], **people}, index=pd.Index([1, 2, 3, 4]))


def no_labels() -> pd.DataFrame:
    return pd.DataFrame(False, index=records().index, columns=list(CODES))


def test_the_normaliser_sees_training_records_only() -> None:
    samples = np.zeros((4, 12, 10), np.int16)
    samples[:2, :, ::2] = 100
    samples[2:] = 30_000
    made = data_engineering.measure_normaliser(records(), Signals(samples, np.array([1, 2, 3, 4])))
    assert made["n_records"] == 2
    assert made["mean_mv"] == pytest.approx(0.05)


def test_a_validation_record_in_a_training_table_is_a_leak() -> None:
    table = no_labels().loc[[1, 3]].reset_index(names="ecg_id").assign(source="real")
    with pytest.raises(LeakError, match=r"classifier training may only see training records .* ecg_id 3 is in val"):
        baseline.train_classifier(table, records(), no_labels(), {}, None, None)  # type: ignore[arg-type]


def synthetic_record(statements: str, template: int) -> pd.DataFrame:
    asked = {"statements": [statements], "template_ecg_id": [template], "age": [41.0], "sex": ["male"]}
    return pd.DataFrame(asked, index=pd.Index([1_000_001]))


def test_where_nothing_is_accepted_the_arms_are_the_baseline() -> None:
    table = baseline.tabulate_training_records(records(), no_labels())
    synthetic = synthetic_record("PVC", template=1)
    verdicts = pd.DataFrame({"accepted": [False], "reason": ["a copy"]}, index=synthetic.index)
    for tabulate in (augmentation.tabulate_augmented_records, augmentation.tabulate_oversampled_records):
        pd.testing.assert_frame_equal(tabulate(table, synthetic, verdicts), table)


def test_added_rows_carry_the_label_set_of_their_template() -> None:
    labels = no_labels()
    labels.loc[2, ["PVC", "SR"]] = True
    table = baseline.tabulate_training_records(records(), labels)
    synthetic = synthetic_record("PVC;SR", template=2)
    verdicts = pd.DataFrame({"accepted": [True], "reason": [""]}, index=synthetic.index)
    augmented = augmentation.tabulate_augmented_records(table, synthetic, verdicts).iloc[-1]
    copied = augmentation.tabulate_oversampled_records(table, synthetic, verdicts).iloc[-1]
    assert (augmented["ecg_id"], augmented["source"]) == (1_000_001, "synthetic")
    assert (copied["ecg_id"], copied["source"]) == (2, "copy")
    assert (augmented["age"], augmented["sex"]) == (41.0, "male")
    own = table[table["ecg_id"] == 2].iloc[0]
    assert copied.drop("source").equals(own.drop("source"))
    assert [code for code in CODES if augmented[code]] == [code for code in CODES if copied[code]] == ["PVC", "SR"]


def test_the_gallery_sets_accepted_ecgs_beside_their_template() -> None:
    real = Signals(np.zeros((1, 12, 1000), np.int16), np.array([2]))
    ids = np.array([1_000_001, 1_000_002, 1_000_003])
    synthetic = Signals(np.ones((3, 12, 1000), np.int16), ids)
    asked = {"target": "PVC", "statements": ["PVC", "PVC;SR", "PVC;SR"], "template_ecg_id": 2}
    table = pd.DataFrame(asked, index=ids)
    verdicts = pd.DataFrame({"accepted": [False, True, True]}, index=ids)
    (row,) = draw_gallery(real, synthetic, table, verdicts)
    assert row.statements == "PVC, SR"
    assert [(drawing.source, drawing.caption) for drawing in row.drawings] == [
        ("real", "ecg_id 2"),
        ("synthetic", "ecg_id 1000002"),
        ("synthetic", "ecg_id 1000003"),
    ]
    assert "PVC, SR" in draw_synthetic_example(synthetic, table, verdicts)
    assert "synthetic: PVC<" in draw_synthetic_example(synthetic, table, verdicts.assign(accepted=False))


@pytest.mark.parametrize(("policy", "threshold"), [("max_f1", 0.5), ("fpr_at_most_5", 0.875)])
def test_thresholds_follow_the_policy_of_the_evaluation_and_validation_alone(policy: str, threshold: float) -> None:
    ids = pd.Index([1, 2, 3, 4, 5], name="ecg_id")
    table = pd.DataFrame({"patient_id": ids, "split": ["val"] * 4 + ["test"]}, index=ids)
    truth = pd.DataFrame(False, index=ids, columns=list(CODES)).assign(NORM=[True, False, True, False, True])
    scores = pd.DataFrame({"split": table["split"], "NORM": [0.875, 0.75, 0.5, 0.25, 0.125]}, index=ids)
    classifier = ClassifierConfig(model="resnet1d_tiny", epochs=1, steps_per_epoch=1, task="all")
    evaluation = EvaluationConfig(threshold_policy=policy)
    chosen = baseline.choose_thresholds(scores, truth, table, classifier, evaluation)
    assert chosen == {"NORM": threshold}


def test_provenance_names_code_machine_and_time() -> None:
    assert code_version().startswith("0.")
    assert "Python 3." in machine()
    assert started_at().endswith("+00:00")
