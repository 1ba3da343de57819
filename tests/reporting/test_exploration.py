"""The exploration's figures and its two pages, from made-up counts and curves."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from found_in_html import Page

from ecg_forge.ecg.leads import LEADS
from ecg_forge.ecg.plotting import figure_svg
from ecg_forge.reporting.exploration_figures import draw_all, draw_beats
from ecg_forge.reporting.exploration_page import exploration_page, render_exploration
from ecg_forge.reporting.exploration_parts import Part, exploration_parts

ATTACK = "<script>alert('ecg')</script>"
NAMES = ("NORM", "MI", "STTC", "CD", "HYP")
SPLITS = {"train": 8000, "val": 1000, "test": 1001}
BOX = {"n": 1234, "q05": 1.0, "q25": 2.0, "q50": 3.0, "q75": 4.0, "q95": 5.0}


def card(origin: str = "PhysioNet") -> dict[str, Any]:
    superclass = {name: {split: count // (k + 2) for split, count in SPLITS.items()} for k, name in enumerate(NAMES)}
    facts = {
        "dataset": "PTB-XL",
        "version": "1.0.3",
        "records": 10001,
        "patients": 9000,
        "sampling_rate_hz": 100,
        "origin": origin,
    }
    return {**facts, "labels": {"superclass": superclass, "all": {"SR": SPLITS, "TRIGU": {"train": 3}}}}


def counts() -> dict[str, Any]:
    known = {f"{name} known": {"train": 4000, "val": 300, "test": 301} for name in ("age", "height", "weight")}
    return {
        "people": {"records": SPLITS, **known},
        "superclasses_per_record": {str(k): {s: n // 3 for s, n in SPLITS.items()} for k in range(3)},
        "together": {row: {column: 100 * (1 + 4 * (row == column)) for column in NAMES} for row in NAMES},
        "ages": {
            "edges": list(range(0, 91, 5)),
            "below_90": {"female": list(range(18)), "male": list(range(18, 36))},
            "from_90": {"female": 140, "male": 99},
            "unknown": {"female": 0, "male": 0},
            "median_below_90": {"female": 61.0, "male": None},
        },
        "flaws": {"noted: baseline drift": {"train": 321, "val": 32, "test": 31}},
    }


def curves(names: tuple[str, ...] = NAMES) -> dict[str, Any]:
    boxes, line = dict.fromkeys(names, BOX), np.linspace(0, 1, 20).tolist()
    beat = {"q25": line, "q50": [0.1 + each for each in line], "q75": [0.2 + each for each in line]}
    return {
        "records": 2999,
        "held": dict.fromkeys(names, 500),
        "rhythm": dict.fromkeys(("heart_rate_bpm", "pr_ms", "qrs_ms", "qt_ms", "qtc_ms"), boxes),
        "spectra": {"hz": line, "leads": {lead: dict.fromkeys(names, line) for lead in LEADS}},
        "sizes": {size: dict.fromkeys(("II", "V1"), boxes) for size in ("variance", "peak_to_rms")},
        "beats": {"seconds": line, "leads": {lead: dict.fromkeys(names, beat) for lead in ("II", "V1")}},
    }


@pytest.fixture(scope="module")
def parts() -> tuple[Part, ...]:
    return exploration_parts(card(), counts(), curves())


@pytest.fixture(scope="module")
def drawings() -> Mapping[str, str]:
    return {name: figure_svg(figure) for name, figure in draw_all(card(), counts(), curves()).items()}


def test_the_report_is_one_well_formed_file_that_loads_nothing(parts: tuple, drawings: Mapping) -> None:
    page = Page(render_exploration(parts, drawings))
    assert page.open == []
    assert len(page.ids) == len(set(page.ids))
    assert all(address.startswith(("#", "data:image/svg+xml,")) for address in page.addresses)
    assert {address[1:] for address in page.addresses if address.startswith("#")} <= set(page.ids)
    assert len(page.images) == len(drawings)


def test_both_pages_say_of_which_folds_they_speak(parts: tuple, drawings: Mapping) -> None:
    for text in (Page(render_exploration(parts, drawings)).text, exploration_page(parts)):
        assert "Of the validation and test folds nothing but counts is shown" in text
        assert "2,999 training records drawn at random" in text
        assert "239 training records are of one group, 90 and over" in text
        assert "61 years (female)." in text


def test_the_markdown_links_every_figure(parts: tuple, drawings: Mapping) -> None:
    page = exploration_page(parts)
    assert all(f"]({name}.svg)" in page for name in drawings)
    assert "| noted: baseline drift | 321 | 32 | 31 |" in page
    assert "| NORM | 3 (1,234) |" in page


def test_the_bar_of_the_oldest_stands_apart_and_is_named(drawings: Mapping) -> None:
    assert "90 and" in drawings["ages"]


def test_texts_of_the_data_are_escaped(drawings: Mapping) -> None:
    given = card()
    given["version"] = ATTACK
    html = render_exploration(exploration_parts(given, counts(), curves()), drawings)
    assert ATTACK not in html
    assert "&lt;script&gt;" in html


def test_where_the_files_lie_is_not_told(drawings: Mapping) -> None:
    parts = exploration_parts(card("local folder /secret"), counts(), curves())
    assert "/secret" not in render_exploration(parts, drawings) + exploration_page(parts)


def test_superclasses_that_are_too_few_are_left_out_of_the_figures() -> None:
    of_one, of_all = (len(draw_beats(curves(names)["beats"]).axes) for names in (("NORM",), NAMES))
    assert (of_one, of_all) == (2, 10)
