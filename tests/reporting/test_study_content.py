from dataclasses import replace

import made_up_study_content as made_up
import numpy as np
import pandas as pd
import pytest

from ecg_forge.ecg.errors import BadInput
from ecg_forge.metrics.bootstrap import patient_weights
from ecg_forge.metrics.power import power_table
from ecg_forge.metrics.predictions import Predictions
from ecg_forge.metrics.study_comparison import SeededArm, compare_study
from ecg_forge.reporting.study_content import COMPARED, Setting


def test_the_comparison_has_what_comparing_and_planning_give() -> None:
    generator, patients = np.random.default_rng(0), np.arange(60)
    truth = (patients % 3 == 0)[:, None]
    scored = [
        Predictions("test", patients, patients, ("PVC",), truth, generator.random((60, 1), dtype=np.float32))
        for _ in range(4)
    ]
    arms = [SeededArm((0, 1), tuple(scored[start : start + 2]), ({"PVC": 0.5},) * 2) for start in (0, 2)]
    table = compare_study(*arms, patient_weights(patients, 100, 0))
    made = {*table, *power_table(table), "experiment", "cell", "arm", "reference", "target"}
    assert set(COMPARED) <= made


@pytest.mark.parametrize("part", ["comparison", "summary"])
def test_what_is_missing_is_named(part: str) -> None:
    content = made_up.content()
    less = {
        "comparison": content.comparison.drop(columns="equivalence"),
        "summary": {name: value for name, value in content.summary.items() if name != "cells"},
    }
    with pytest.raises(BadInput, match={"comparison": "lacks equivalence", "summary": "lacks cells"}[part]):
        replace(content, **{part: less[part]})


def test_cells_that_were_read_as_numbers_are_refused() -> None:
    content = made_up.content([made_up.cell("mix_ratio", "0.5", {"WPW": 60})])
    with pytest.raises(BadInput, match="read it as text"):
        replace(content, comparison=content.comparison.assign(cell=0.5))


def test_a_row_that_stands_twice_is_refused() -> None:
    content = made_up.content()
    twice = replace(content, comparison=pd.concat([content.comparison, content.comparison]))
    with pytest.raises(BadInput, match="holds 2 rows of ILBBB, ap"):
        twice.row(twice.settings[0], ("augmented", "baseline"), "ILBBB", "ap")


def test_a_setting_is_judged_by_its_one_target_or_by_the_rare_labels() -> None:
    content = made_up.content()
    assert [content.measured(setting) for setting in content.settings] == ["ILBBB", "PVC", "macro_rare"]
    none_rare = replace(content, comparison=content.comparison[content.comparison["label"] != "macro_rare"])
    assert none_rare.measured(none_rare.settings[2]) == "macro"
    assert none_rare.averages(none_rare.settings[0]) == ["ILBBB", "macro"]


@pytest.mark.parametrize(
    ("experiment", "name", "targets", "title"),
    [
        ("per_label", "PVC", {"PVC": 900}, "PVC +900"),
        ("rare", "all", {"WPW": 1000, "PSVT": 60}, "2 statements +1,060"),
        ("low_data", "3pct", {"WPW": 60}, "3 % of the patients"),
        ("mix_ratio", "0.25", {"WPW": 60}, "0.25 added per real record"),
    ],
)
def test_a_setting_says_in_a_few_words_what_it_is(experiment, name, targets, title) -> None:
    assert Setting(experiment, name, 0.03, targets, {}).title == title


def test_what_an_arm_learned_before_counts_with_what_it_learned_then() -> None:
    first = made_up.content().settings[0]
    assert first.count("pretrain_finetune", "synthetic") == 50
    assert first.count("augmented", "synthetic") == 100
    assert first.count("unknown", "synthetic") == 0
