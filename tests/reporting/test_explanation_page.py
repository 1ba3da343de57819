import numpy as np
import pandas as pd
import pytest
from found_in_html import Page

from ecg_forge.reporting.explanation_page import ExplanationContent, explanation_page, render_explanations

ATTACK = "<script>alert('ecg')</script>"
DRAWINGS = [f"{label}-{kind}" for label in ("NORM", "LAO-LAE") for kind in ("record", "methods", "beats")]
DRAWINGS += ["occlusion", "curves"]


def content(occlusion: bool = True) -> ExplanationContent:
    records = pd.DataFrame(
        {
            "label": ["NORM", "NORM", "LAO/LAE"],
            "statement": ["NORM", "NORM", "LAO/LAE"],
            "ecg_id": [7, 9, 12],
            "probability": [0.987, 0.4, 0.25],
            "recognised": [True, False, False],
            "shown": [True, False, True],
            "averaged": [True, True, True],
        }
    )
    falls = pd.DataFrame(
        [
            ("NORM", "lead", "I", 0.1, 0.25, 0.5),
            ("NORM", "lead", "V2", 0.5, 1.25, 2.0),
            ("NORM", "wave", "QRS", -1.0, 2.04, 3.0),
            ("LAO/LAE", "lead", "I", -0.3, -0.2, -0.1),
            ("LAO/LAE", "wave", "QRS", np.nan, np.nan, np.nan),
        ],
        columns=["label", "part", "name", "low", "median", "high"],
    )
    checks = pd.DataFrame(
        [
            ("NORM", "integrated_gradients", 4, 0.2, 0.8, 0.1, 0.031),
            ("NORM", "random", 4, 0.5, 0.5, np.nan, np.nan),
            ("LAO/LAE", "integrated_gradients", 4, 0.4, 0.6, 0.3, 0.011),
            ("LAO/LAE", "random", 4, 0.5, 0.5, np.nan, np.nan),
        ],
        columns=["label", "method", "records", "deletion", "insertion", "shuffled_correlation", "completeness_gap"],
    )
    run = {
        "provenance": {"machine": f"Linux {ATTACK}", "started": "2026-11-26T10:00:00+00:00", "code": "0.1"},
        "classifier": {"model": "resnet1d_wang", "task": "all", "crop_s": 2.5, "val_auc": 0.9041},
        "explanation": {"methods": ["integrated_gradients", "occlusion_waves"], "reference": "median"},
    }
    files = {"NORM": "NORM", "LAO/LAE": "LAO-LAE"}
    return ExplanationContent(
        run, records, falls if occlusion else falls[:0], checks, files, main="integrated_gradients"
    )


@pytest.fixture(scope="module")
def html() -> str:
    return render_explanations(content(), dict.fromkeys(DRAWINGS, "<svg></svg>"))


def test_the_page_shows_every_drawing_that_lies_beside_it() -> None:
    page = explanation_page(content())
    assert all(page.count(f"]({name}.svg)") == 1 for name in DRAWINGS)
    assert "occlusion.svg" not in explanation_page(content(occlusion=False))


def test_every_label_has_its_meaning_its_record_and_how_many_were_averaged() -> None:
    page = explanation_page(content())
    assert "| NORM (normal ECG) | NORM | 7 | 0.987 | yes | 2 | 1 |" in page
    assert "| LAO/LAE (left atrial overload/enlargement) | HYP | 12 | 0.250 | no | 1 | 0 |" in page


def test_checks_are_means_over_labels_first_and_label_by_label_then() -> None:
    page = explanation_page(content())
    assert "| Integrated gradients | 0.300 | 0.700 | 0.200 | 2.1 |" in page
    assert "| Random order | 0.500 | 0.500 | – | – |" in page
    assert "| LAO/LAE | Integrated gradients | 4 | 0.400 | 0.600 | 0.300 | 1.1 |" in page


def test_leads_are_named_by_worth_and_waves_have_quartiles() -> None:
    page = explanation_page(content())
    assert "| NORM (normal ECG) | V2 +1.2, I +0.2 | +2.0 (−1.0 to +3.0) |" in page
    assert "| LAO/LAE (left atrial overload/enlargement) | I −0.2 | – |" in page


def test_methods_and_reference_are_explained_and_others_are_not() -> None:
    page = explanation_page(content())
    assert "- Integrated gradients: each sample's share" in page
    assert "Grad-CAM: the activation" not in page
    assert "An ECG without information is each lead's own median" in page


def test_the_report_is_well_formed_and_loads_nothing(html: str) -> None:
    page = Page(html)
    assert html.lstrip().startswith("<!doctype html>")
    assert page.open == []
    assert len(page.images) == len(DRAWINGS)
    assert all(address.startswith(("#", "data:image/svg+xml,")) for address in page.addresses)
    assert {address[1:] for address in page.addresses if address.startswith("#")} <= set(page.ids)


def test_texts_are_escaped(html: str) -> None:
    assert ATTACK not in html
    assert ATTACK in Page(html).text


def test_a_report_without_occlusion_has_no_section_for_it() -> None:
    html = render_explanations(content(occlusion=False), dict.fromkeys(DRAWINGS, "<svg></svg>"))
    assert "Leads and waves" not in html
