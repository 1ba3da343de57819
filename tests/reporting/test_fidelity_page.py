import numpy as np
import pandas as pd

from ecg_forge.reporting.fidelity_page import FIGURE_CAPTIONS, FidelityContent, fidelity_page, went_on


def page(images=None, statements=None):
    figures = pd.DataFrame(
        {
            "title": ["Coverage", "Heart rate, Wasserstein distance"],
            "synthetic": [0.91, np.nan],
            "real": [0.96, 1.25],
            "unit": ["", "/min"],
            "better": ["higher", "lower"],
        },
        index=["coverage", "heart_rate_bpm"],
    )
    row = dict.fromkeys(
        ("kernel_distance", "diversity_ratio", "heart_rate_bpm", "rr_variation", "pr_ms", "qrs_ms", "auc"), 0.5
    )
    row |= {f"{name}_real": value + 0.25 for name, value in row.items()} | {
        "n": 1200,
        "pr_ms": 160.4,
        "pr_ms_real": np.nan,
    }
    table = pd.DataFrame([row], index=["AFIB"]) if statements is None else statements
    run = {
        "provenance": {"machine": "Linux, 2 cores", "started": "2026-11-21T10:00:00+00:00", "code": "0.1 (abc)"},
        "denoiser": {"model": "unet1d_small"},
        "training": {"epochs": 16, "records": 279_040, "seconds": 4500},
        "sampler": {"name": "dpmpp_2m", "steps": 20},
        "guidance": {"scale": 1.5, "sigma_low": 0.2, "sigma_high": 5.0},
        "records": {"synthetic": 1200, "heldout": 500, "training": 2000},
    }
    scores = {"auc": 0.9, "auc_low": 0.88, "auc_high": 0.92, "ap": 0.3, "ap_low": 0.2, "ap_high": 0.4}
    transfer = pd.DataFrame([{"arm": "synthetic_only", "task": "all", **scores}])
    by_steps = pd.DataFrame({"10": [0.8], "200": [0.9]}, index=["coverage"])
    by_guidance = pd.DataFrame({"1": [0.85], "1.5": [0.65]}, index=["coverage"])
    diversity = pd.DataFrame({"10": [0.9], "200": [1.0]}, index=["AFIB"])
    return fidelity_page(FidelityContent(run, figures, table, by_steps, diversity, by_guidance, transfer, images or {}))


def test_scores_of_training_on_synthetic_records_carry_intervals():
    assert "| synthetic_only | all | 0.900 (0.880–0.920) | 0.300 (0.200–0.400) |" in page()


def test_figures_and_diversity_stand_in_a_column_per_number_of_evaluations():
    assert "| Coverage | 0.8 | 0.9 |" in page()
    assert "| AFIB (atrial fibrillation) | 0.90 | 1.00 |" in page()


def test_figures_stand_in_a_column_per_scale_of_guidance():
    assert "| Figure | scale 1 | scale 1.5 |" in page()
    assert "| Coverage | 0.85 | 0.65 |" in page()


def test_the_page_says_how_its_records_came_about():
    assert "`unet1d_small`, 16 epochs, 279,040 training records" in page()
    assert "guidance 1.5 for noise levels between 0.2 and 5" in page()


def test_a_training_that_went_on_from_another_says_so():
    training = {"epochs": 2, "records": 100, "seconds": 60, "records_before": 12_345}
    assert went_on(training) == ", after 12,345 in the trainings it went on from"
    assert went_on({**training, "records_before": 0}) == went_on({"epochs": 2}) == ""


def test_every_figure_is_a_row_synthetic_before_real():
    assert "| Coverage | – | higher | 0.91 | 0.96 |" in page()


def test_a_figure_that_could_not_be_computed_is_a_dash():
    assert "| Heart rate, Wasserstein distance | /min | lower | – | 1.25 |" in page()


def test_a_statement_shows_both_sides_in_one_cell():
    line = [line for line in page().splitlines() if line.startswith("| AFIB (atrial fibrillation)")][-1]
    assert "| 1,200 | 0.5000 / 0.7500 |" in line
    assert "| 160 / – |" in line


def test_the_page_says_how_many_records_there_were():
    assert "500 real ones of fold 9 and 2,000 training records were compared" in page()
    assert "1,200 synthetic ECGs" in page()


def test_figures_are_shown_where_there_are_any():
    assert "![" not in page()
    text = page({"gallery": "gallery.svg"})
    assert f"![{FIGURE_CAPTIONS['gallery']}](gallery.svg)" in text
    assert text.count("![") == 1


def test_without_statements_there_is_no_section_of_them():
    assert "Statement by statement" not in page(statements=pd.DataFrame())
