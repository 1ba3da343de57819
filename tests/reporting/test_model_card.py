"""The card of a packed denoiser tells how it came about, what was measured, and its licence."""

import pandas as pd

from ecg_forge.reporting.model_card import model_card

RUN = {
    "provenance": {"machine": "Linux, 2 cores", "started": "2026-11-21T10:00:00+00:00", "code": "0.1 (abc)"},
    "denoiser": {"model": "unet1d_small", "process": {"name": "edm", "p_mean": -0.8}, "weighting": "edm"},
    "training": {"epochs": 16, "records": 279_040, "seconds": 4500, "val_loss": 0.21234},
    "sampler": {"name": "dpmpp_2m", "steps": 20},
    "guidance": {"scale": 1.5, "sigma_low": 0.2, "sigma_high": 5.0},
    "records": {"synthetic": 1200, "heldout": 500, "training": 2000},
}


def card(variation: float = 0.01) -> str:
    figures = pd.DataFrame(
        {
            "title": ["Coverage", "Variation of RR, Wasserstein distance"],
            "synthetic": [0.91, variation],
            "real": [0.96, 0.003],
            "unit": ["", "of mean"],
            "better": ["higher", "lower"],
        },
        index=["coverage", "rr_variation"],
    )
    scores = {"auc": 0.9, "auc_low": 0.88, "auc_high": 0.92, "ap": 0.3, "ap_low": 0.2, "ap_high": 0.4}
    transfer = pd.DataFrame([{"arm": "synthetic_only", "task": "all", **scores}])
    return model_card(RUN, 4_415_168, figures, transfer)


def test_it_tells_size_training_and_sampling() -> None:
    for told in ("4,415,168 parameters", "Process `edm` (p_mean -0.8)", "16 epochs, 279,040 recordings", "75 minutes"):
        assert told in card()
    assert "fold 9: 0.2123" in card()
    assert "`dpmpp_2m` in 20 steps, guidance 1.5" in card()


def test_it_shows_what_was_measured() -> None:
    assert "| Coverage | – | higher | 0.91 | 0.96 |" in card()
    assert "| synthetic_only | all | 0.900 (0.880–0.920) |" in card()


def test_it_names_the_licence_and_says_that_no_patient_is_shown() -> None:
    assert "CC BY 4.0. Trained on PTB-XL 1.0.3" in card()
    assert "must not be used to judge a patient" in card()


def test_it_warns_where_beats_come_less_evenly_than_real_ones() -> None:
    assert "come less evenly" not in card()
    assert "variation of RR is 0.12 of the mean away" in card(0.118)
