import numpy as np
import pandas as pd
import pytest

from ecg_forge.ecg.data_card import data_card
from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.labels import label_matrix
from ecg_forge.ecg.leads import LEADS, twelve_leads
from ecg_forge.ecg.normaliser import fit_normaliser
from ecg_forge.ecg.quality import quality_table
from ecg_forge.ecg.records import INVALID_SAMPLE, Signals, to_microvolts, to_millivolts


def microvolts(n: int, seed: int = 0) -> np.ndarray:
    return to_microvolts(twelve_leads(np.random.default_rng(seed).normal(scale=0.3, size=(n, 8, 100))))


def test_records_are_found_by_ecg_id_in_the_order_asked() -> None:
    signals = Signals(microvolts(3), np.array([30, 10, 20]))
    assert signals.rows([10, 20, 30, 10]).tolist() == [1, 2, 0, 1]
    np.testing.assert_allclose(signals.millivolts([20])[0], signals.samples[2] / 1000, rtol=1e-6)
    with pytest.raises(BadInput, match=r"no signal for ecg_id 11 \(2 missing in all\)"):
        signals.rows([10, 11, 12])


def test_blocks_hold_every_record_once() -> None:
    signals = Signals(microvolts(5), np.arange(5))
    np.testing.assert_array_equal(np.concatenate(list(signals.blocks(2))), signals.samples)
    assert (signals.stream().length, signals.length, len(signals)) == (100, 100, 5)


@pytest.mark.parametrize(
    ("samples", "ids", "message"),
    [
        (np.zeros((1, 12, 5), np.float32), [1], "must be int16"),
        (np.zeros((1, 11, 5), np.int16), [1], "do not fit"),
        (np.zeros((2, 12, 5), np.int16), [1, 1], "same ecg_id twice"),
    ],
)
def test_signals_check_themselves(samples: np.ndarray, ids: list[int], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        Signals(samples, np.array(ids))


def test_microvolts_round_clip_and_mark_what_has_no_value() -> None:
    np.testing.assert_array_equal(
        to_microvolts(np.array([0.0014, -0.0016, 99.0, -99.0, np.nan])), [1, -2, 32767, -32767, INVALID_SAMPLE]
    )
    assert to_millivolts(np.array([1234], np.int16))[0] == np.float32(1.234)


def test_quality_names_what_is_wrong() -> None:
    samples = microvolts(5)
    samples[1] = 0
    samples[2, LEADS.index("V3")] = 7
    samples[3, 0, 0] = INVALID_SAMPLE
    table = quality_table(np.arange(1, 6), samples, ["", "truncated", "", "", ""])
    assert table["usable"].tolist() == [True, False, True, False, True]
    assert table.loc[2, "problem"] == "truncated"
    assert table.loc[3, "flat_leads"] == "V3"
    assert table.loc[4, "problem"] == "missing samples"
    assert table.loc[1, "limb_lead_residual_mv"] <= 0.002
    dead = quality_table(np.array([1]), np.zeros((1, 12, 100), np.int16), [""])
    assert dead.loc[1, "problem"] == "every lead is flat"


def test_the_normaliser_is_mean_and_standard_deviation_in_one_pass() -> None:
    samples = microvolts(7)
    made = fit_normaliser((samples[i : i + 2] for i in range(0, 7, 2)), LEADS)
    millivolts = samples / 1000
    assert made["mean_mv"] == pytest.approx(millivolts.mean(), abs=1e-7)
    assert made["sd_mv"] == pytest.approx(millivolts.std(), rel=1e-5)
    assert made["lead_sd_mv"]["V6"] == pytest.approx(millivolts[:, 11].std(), rel=1e-5)
    assert made["n_records"] == 7


def test_the_normaliser_refuses_nothing_and_dead_leads() -> None:
    with pytest.raises(BadInput, match="at least one training record"):
        fit_normaliser([], LEADS)
    samples = microvolts(2)
    samples[:, 6] = 0
    with pytest.raises(BadInput, match="lead V1 never changes"):
        fit_normaliser([samples], LEADS)


def test_the_data_card_counts_and_says_what_was_dropped() -> None:
    records = pd.DataFrame(
        {
            "patient_id": [1, 1, 2],
            "age": [30.0, 31.0, np.nan],
            "sex": ["male", "male", "female"],
            "fold": [1, 1, 10],
            "split": ["train", "train", "test"],
        },
        index=pd.Index([1, 2, 3], name="ecg_id"),
    )
    labels = label_matrix(pd.Series(["{'NORM': 100}", "{'IMI': 100}", "{'IMI': 0}"], index=records.index))
    samples = microvolts(4)
    samples[1, LEADS.index("aVF"), 7] += 40
    quality = quality_table(np.array([1, 2, 3, 4]), samples, ["", "", "", "wrong checksum in lead V2"])
    card = data_card(records, labels, quality, dataset="PTB-XL", version="1.0.3", origin="here", fs=100)
    assert (card["records"], card["patients"]) == (3, 2)
    assert card["records_by_split"] == {"train": 2, "test": 1}
    assert card["records_by_age_band"] == {"under 40": 2, "40 to 59": 0, "60 to 79": 0, "80 and over": 0, "unknown": 1}
    assert card["labels"]["all"]["IMI"] == {"train": 1, "test": 1}
    assert card["labels"]["superclass"]["NORM"] == {"train": 1, "test": 0}
    assert card["records_breaking_limb_lead_identities"] == 1
    assert card["largest_limb_lead_residual_mv"] == pytest.approx(0.04, abs=0.003)
    assert card["dropped"] == {"4": "wrong checksum in lead V2"}
