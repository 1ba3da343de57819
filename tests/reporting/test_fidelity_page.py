import numpy as np
import pandas as pd

from ecg_forge.reporting.fidelity_page import FIGURE_CAPTIONS, fidelity_page


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
    row = dict.fromkeys(("kernel_distance", "diversity_ratio", "heart_rate_bpm", "pr_ms", "qrs_ms", "auc"), 0.5)
    row |= {f"{name}_real": value + 0.25 for name, value in row.items()} | {
        "n": 1200,
        "pr_ms": 160.4,
        "pr_ms_real": np.nan,
    }
    table = pd.DataFrame([row], index=["AFIB"]) if statements is None else statements
    return fidelity_page(figures, table, {"synthetic": 1200, "heldout": 500, "training": 2000}, images or {})


def test_every_figure_is_a_row_synthetic_before_real():
    assert "| Coverage | – | higher | 0.91 | 0.96 |" in page()


def test_a_figure_that_could_not_be_computed_is_a_dash():
    assert "| Heart rate, Wasserstein distance | /min | lower | – | 1.25 |" in page()


def test_a_statement_shows_both_sides_in_one_cell():
    line = next(line for line in page().splitlines() if line.startswith("| AFIB (atrial fibrillation)"))
    assert "| 1,200 | 0.5000 / 0.7500 |" in line
    assert "| 160 / – |" in line


def test_the_page_says_how_many_records_there_were():
    assert "1,200 synthetic ECGs, 500 real ones of fold 9 and 2,000 training records" in page()


def test_figures_are_shown_where_there_are_any():
    assert "![" not in page()
    text = page({"gallery": "gallery.svg"})
    assert f"![{FIGURE_CAPTIONS['gallery']}](gallery.svg)" in text
    assert "intervals" not in text.split("## ")[1]


def test_without_statements_there_is_no_section_of_them():
    assert "Statement by statement" not in page(statements=pd.DataFrame())
