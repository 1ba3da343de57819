"""A request is checked before anything is loaded, and stands for a plan that does not depend on its size."""

from typing import Any

import numpy as np
import pytest

from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.statement_search import kinds_in_words, near_statements
from ecg_forge.ecg.statements import STATEMENTS
from ecg_forge.ecg.synthesis_request import SynthesisRequest
from ecg_forge.ecg.synthetic_ecgs import SyntheticECGs, plan_of, record_seed


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("afib", "AFIB"),
        ("AFIBB", "AFIB"),
        ("atrial fibrilation", "AFIB"),
        ("bundle branch", "CLBBB"),
        ("LAO", "LAO/LAE"),
        ("hypertrophy", "LVH"),
    ],
)
def test_a_misspelt_code_or_description_finds_its_statement(text: str, expected: str) -> None:
    assert expected in [statement.code for statement in near_statements(text)]


def test_a_name_that_is_near_to_nothing_finds_nothing() -> None:
    assert near_statements("xyzzy") == []


def test_kinds_are_told_in_words() -> None:
    words = {statement.code: kinds_in_words(statement) for statement in STATEMENTS}
    assert (words["AFIB"], words["LVH"], words["DIG"]) == ("rhythm", "diagnostic", "diagnostic, form")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"labels": ()}, "no label"),
        ({"labels": "AFIBB"}, r"unknown label 'AFIBB'; did you mean AFIB \(atrial fibrillation\)"),
        ({"labels": "xyzzy"}, r"unknown label 'xyzzy'; `ecg-forge labels` lists all 71"),
        ({"n": 0}, "n is 0"),
        ({"n": 2.5}, "n is 2.5"),
        ({"n": True}, "n is True"),
        ({"age": -1}, "age is -1"),
        ({"age": float("nan")}, "age is nan"),
        ({"sex": "F"}, "sex is 'F'; give female or male"),
        ({"guidance": float("inf")}, "guidance is inf"),
        ({"seed": -1}, "seed is -1"),
        ({"steps": 0}, "steps is 0"),
        ({"first": -1}, "first is -1"),
        ({"fs": 0}, "fs is 0"),
        ({"fs": 100.0}, "fs is 100.0"),
    ],
)
def test_a_bad_request_is_told_by_its_parameter(change: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        SynthesisRequest.of(**{"labels": "AFIB", "n": 1, **change})


def test_labels_are_a_set() -> None:
    assert SynthesisRequest.of(["LVH", "AFIB", "LVH"], 1) == SynthesisRequest.of(("AFIB", "LVH"), 1)


def test_whole_numbers_of_numpy_are_whole_numbers() -> None:
    request = SynthesisRequest.of("AFIB", np.int64(2), fs=np.int32(500))
    assert repr(request) == repr(SynthesisRequest.of("AFIB", 2, fs=500))


def test_a_row_of_the_plan_is_the_same_whatever_the_number_of_rows() -> None:
    long = plan_of(SynthesisRequest.of(["AFIB", "LVH"], 9, age=70, sex="female", seed=4))
    alone = plan_of(SynthesisRequest.of(["AFIB", "LVH"], 1, age=70, sex="female", seed=4, first=7))
    assert long.iloc[[7]].equals(alone)
    assert alone.iloc[0].to_dict() == {
        **{"number": 7, "statements": "AFIB;LVH", "age": 70.0, "sex": "female"},
        "seed": record_seed(4, 7),
    }


def test_every_record_has_a_seed_and_a_number_of_its_own() -> None:
    seeds = {record_seed(seed, number) for seed in range(30) for number in range(30)}
    assert len(seeds) == 900
    assert 0 <= min(seeds) < 2**62 < max(seeds) < 2**63
    plan = plan_of(SynthesisRequest.of("AFIB", 3))
    assert plan.index.tolist() == [1_000_001, 1_000_002, 1_000_003]


def test_what_is_left_open_stays_open_and_the_very_old_are_one_group() -> None:
    left_open = plan_of(SynthesisRequest.of("AFIB", 1)).iloc[0]
    assert np.isnan(left_open["age"])
    assert left_open["sex"] is None
    assert plan_of(SynthesisRequest.of("AFIB", 1, age=97)).iloc[0]["age"] == 90.0


def test_signals_must_fit_the_records() -> None:
    request = SynthesisRequest.of("AFIB", 2)
    with pytest.raises(BadInput, match="2 records and 12 leads, got float32"):
        SyntheticECGs(np.zeros((3, 12, 10), np.float32), plan_of(request), request)
