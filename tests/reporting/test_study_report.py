import re

import made_up_study_content as made_up
import numpy as np
import pandas as pd
import pytest
from found_in_html import Page

from ecg_forge.ecg.leads import LEADS
from ecg_forge.ecg.records import Signals
from ecg_forge.pipelines.study.report import draw_study_examples, report_study
from ecg_forge.reporting.study_report import render_study

ATTACK = "<script>alert('ecg')</script>"


@pytest.fixture(scope="module")
def html() -> str:
    return render_study(made_up.content())


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


def test_the_report_is_well_formed(html: str, page: Page) -> None:
    assert html.lstrip().startswith("<!doctype html>")
    assert page.open == []
    assert len(page.ids) == len(set(page.ids))
    assert {address[1:] for address in page.addresses if address.startswith("#")} <= set(page.ids)


def test_nothing_is_loaded_from_elsewhere(html: str, page: Page) -> None:
    assert all(address.startswith(("#", "data:image/svg+xml,")) for address in page.addresses)
    assert not {"script", "link", "iframe", "object"} & set(page.tags)
    assert "@import" not in html
    assert "url(http" not in html.replace("%", "")


def test_the_first_screen_holds_the_answer_of_every_setting_and_nothing_before_it(html: str, page: Page) -> None:
    first = Page(html[html.index("<header") : html.index("</header>") + len("</header>")]).text
    assert first.strip().startswith("Do diffusion-made ECGs of the rare diagnosis help?")
    assert first.count("instead of") == 3
    assert "in 3 settings: no difference shown in 3." in first
    assert "Measured by average precision of the target" in first


def test_tables_hold_all_rows(html: str) -> None:
    pairs = len(made_up.ARMS) + len(made_up.CONTROLLED)
    counts = [int(count) for count in re.findall(r"<summary>Every arm <small>(\d+) rows", html)]
    assert counts == [3 * 3 * pairs, 3 * 3 * pairs, 2 * 3 * pairs]
    assert [int(n) for n in re.findall(r"Every label, augmented <small>(\d+) rows", html)] == [len(made_up.LABELS)] * 3
    assert "Every target in every arm, average precision <small>3 rows" in html
    assert html.count("Cross-checks of the targets") == 3


def test_every_arm_is_drawn_for_every_setting_and_every_target_once_per_arm(page: Page) -> None:
    alts = [image["alt"] for image in page.images]
    assert sum(alt.startswith("Every arm: ") for alt in alts) == 3 + 3 + 2
    assert sum(alt.startswith("Target by target: ") for alt in alts) == len(made_up.ARMS)
    assert "ECG of ILBBB: synthetic, rejected: near-copy" in alts


def test_cards_and_checklist_are_inside(page: Page) -> None:
    assert {"model-card", "data-card", "tripod"} <= set(page.ids)
    assert "TRIPOD+AI checklist" in page.text


def test_doses_have_their_drawing_and_no_label_by_label_tables() -> None:
    targets, arms = {"WPW": 60, "PSVT": 60}, ("augmented", "oversampled")
    cells = [made_up.cell("low_data", f"{share}pct", targets, share / 100, arms) for share in (1, 10)]
    text = render_study(made_up.content(cells))
    assert "Above the scores, below the differences, by dose." in text
    assert "Every label" not in text
    assert "Target by target: " not in text


def test_a_study_of_which_little_was_done_still_makes_a_report() -> None:
    empty = pd.DataFrame()
    cells = [made_up.cell("per_label", "PVC", {"PVC": 900}, arms=("augmented",))]
    checks = made_up.content().crosschecks.head(0)
    bare = made_up.content(cells, crosschecks=checks, checks=empty, diversity=empty, privacy={}, examples={})
    page = Page(render_study(bare))
    assert page.text.count("Not measured.") == 3
    assert "examples" not in page.ids
    assert "No control was trained" in page.text


def test_text_of_the_data_is_escaped() -> None:
    changed = made_up.CHECKS.assign(reason=made_up.CHECKS["reason"].where(lambda each: each == "accepted", ATTACK))
    examples = {ATTACK: {ATTACK: made_up.SVG}}
    page = Page(render_study(made_up.small(checks=changed, examples=examples)))
    assert "script" not in page.tags
    assert ATTACK in page.text


def test_the_same_study_gives_the_same_report() -> None:
    assert render_study(made_up.small()) == render_study(made_up.small())


def test_the_report_is_small(html: str) -> None:
    assert len(html.encode()) < 500_000


def test_the_node_gives_report_page_cards_and_figure() -> None:
    made = made_up.small()
    parts = (made.comparison, made.crosschecks, made.summary, made.checks, made.diversity, made.privacy)
    report, page, model, data, checklist, figure = report_study(*parts, made.examples)
    assert report.lstrip().startswith("<!doctype html>")
    assert page.startswith("# Do diffusion-made")
    assert [text.partition("\n")[0] for text in (model, data, checklist)] == [
        "# Model card: the study's classifiers",
        "# Data card: what the study learned from",
        "# TRIPOD+AI checklist",
    ]
    assert figure.startswith("<svg")


def test_examples_show_the_real_record_an_accepted_and_a_rejected_ecg() -> None:
    samples = np.random.default_rng(0).integers(-500, 500, (4, len(LEADS), 1000)).astype(np.int16)
    real = Signals(samples[:1], np.array([12]))
    synthetic = Signals(samples[1:], np.array([1000001, 1000002, 1000003]))
    asked = {"target": "PVC", "template_ecg_id": 12, "kind": ["real_sets", "real_sets", "one_hot"], "share": 1.0}
    records = pd.DataFrame(asked, index=pd.Index(synthetic.ecg_id, name="ecg_id"))
    verdicts = pd.DataFrame({"accepted": [False, True, True], "reason": ["near-copy", "", ""]}, index=records.index)
    drawn = draw_study_examples(real, synthetic, records, verdicts)
    assert {target: list(each) for target, each in drawn.items()} == {
        "PVC": ["real, ecg_id 12", "synthetic, accepted", "synthetic, rejected: near-copy"]
    }
    assert all(svg.startswith("<svg") and len(svg) < 300_000 and "<image" in svg for svg in drawn["PVC"].values())
