import re
import subprocess
import sys

import made_up
import pandas as pd
import pytest
from found_in_html import Page

from ecg_forge.ecg.errors import BadInput
from ecg_forge.reporting import figures
from ecg_forge.reporting.report import Drawing, GalleryRow, ReportContent, render_report
from ecg_forge.reporting.words import difference

ATTACK = "<script>alert('ecg')</script>"


@pytest.fixture(scope="module")
def html() -> str:
    return render_report(made_up.study())


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


def test_the_arm_is_set_directly_against_its_control():
    html = render_report(made_up.study())
    assert "Paired differences of the augmented arm from the oversampled one" in html
    assert f"Synthetic ECGs instead of copies: {difference(0.004, -0.010, 0.018)}, no difference shown." in html
    assert "instead of copies" not in render_report(made_up.study(control=""))


def test_the_report_is_well_formed_html(html: str, page: Page) -> None:
    assert html.lstrip().startswith("<!doctype html>")
    assert page.open == []
    assert len(page.ids) == len(set(page.ids))


def test_every_section_is_there_and_every_link_leads_to_one(page: Page) -> None:
    sections = {"answer", "comparison", "scores", "labels", "curves", "calibration", "groups"}
    sections |= {"synthetic", "gallery", "data", "provenance"}
    assert sections <= set(page.ids)
    assert {link.removeprefix("#") for link in page.links} == sections


def test_the_headline_is_the_answer_with_its_interval(page: Page) -> None:
    text = page.text.replace("\u00a0", " ")
    assert "Adding 240 synthetic ECGs changed macro average precision by +0.004 (95 % −0.010 to +0.018)" in text
    assert "The control arm, with copies of real ECGs in their place" in text


def test_null_results_are_printed_as_such(page: Page) -> None:
    assert page.text.count("no difference shown") > 40


def test_plotly_is_inside_exactly_once_and_nothing_is_fetched(html: str, page: Page) -> None:
    large = [script for script in page.scripts if len(script) > 1_000_000]
    assert len(large) == 1
    outside = html.replace(large[0], "")
    assert not re.search(r"""(src|href)\s*=\s*["']?(https?:)?//""", outside)
    assert "@import" not in outside


def test_the_report_stays_below_six_megabytes_with_twelve_drawings(html: str) -> None:
    drawings = sum(len(row.drawings) for row in made_up.study().gallery)
    per_drawing = len(made_up.gallery(1)[0].drawings[0].svg) * 1.1
    assert len(html.encode()) + (12 - drawings) * per_drawing < 6_000_000


def test_every_figure_has_its_place(page: Page) -> None:
    wanted = {"forest", "learning-curves", "roc", "precision-recall", "denoiser-curve", "label-counts", "reliability"}
    assert wanted <= set(page.ids)


def test_whole_split_calibration_and_groups_are_printed_for_every_arm(page: Page) -> None:
    for words in ("Hamming loss", "Mean ECE of labels before", "age: 80 and older"):
        assert words in page.text
    assert page.text.count("sex: female") == len(made_up.ARMS)


def test_drawings_are_images_that_can_run_nothing(page: Page) -> None:
    assert len(page.images) == 4
    assert all(image["src"].startswith("data:image/svg+xml,%3Csvg") for image in page.images)


def test_provenance_is_printed_and_parameters_open_on_demand(html: str, page: Page) -> None:
    for fact in ("simulated", "0123abc", "20240", "resnet1d_wang"):
        assert fact in page.text
    assert re.search(r"<details><summary>All parameters</summary><pre>[^<]*resnet1d_wang", html)


def test_the_data_card_shows_facts_parts_and_tables(page: Page) -> None:
    for words in ("21,799", "18,869", "lead V3 is flat", "female", "heart_rate"):
        assert words in page.text


def test_the_same_content_gives_the_same_report(html: str) -> None:
    assert render_report(made_up.study()) == html


def test_nothing_of_the_data_becomes_markup() -> None:
    comparison = made_up.comparison_table().replace({"label": {"SR": ATTACK}})
    metrics = {f"{arm}{ATTACK}" if arm == "oversampled" else arm: made_up.metrics_table(0) for arm in made_up.ARMS}
    plan, verdicts = made_up.plan_and_verdicts()
    truth, probability = made_up.predictions()
    content = made_up.study(
        question=ATTACK,
        metrics=metrics,
        comparison=comparison,
        plan=plan.assign(target=ATTACK),
        verdicts=verdicts.assign(reason=ATTACK),
        fidelity={ATTACK: ATTACK, "table": {ATTACK: {ATTACK: 1}}},
        memorisation={"part": {ATTACK: [ATTACK]}},
        data_card={"dropped": [{"reason": ATTACK}]},
        provenance={"commit": ATTACK, "parameters": {ATTACK: ATTACK}},
        gallery=(GalleryRow(ATTACK, (Drawing('real"><script>', ATTACK, f'<svg xmlns="x">{ATTACK}"</svg>'),)),),
        caveats=(ATTACK,),
        comparison_forest=figures.comparison_forest(comparison),
        roc_curves=figures.roc_curves(truth, {ATTACK: probability["baseline"]}, ["NORM"]),
        scores={ATTACK: made_up.split_scores()["baseline"]},
        calibrations={ATTACK: made_up.calibrations()["baseline"]},
        subgroups={ATTACK: made_up.subgroup_table(0).assign(group=ATTACK)},
        reliability_curves=figures.reliability_curves({ATTACK: made_up.calibrations()["baseline"]}),
        learning_curves=figures.learning_curves({ATTACK: made_up.histories()["baseline"]}),
    )
    page = Page(render_report(content))
    assert not any("alert('ecg')</script>" in script for script in page.scripts)
    assert not any(script.strip() == "alert('ecg')" for script in page.scripts)
    assert page.text.count(ATTACK) > 12


def test_what_was_not_made_is_left_out_or_said() -> None:
    plan, verdicts = made_up.plan_and_verdicts()
    content = made_up.study(
        plan=plan.iloc[:0],
        verdicts=verdicts.iloc[:0],
        fidelity={},
        memorisation={},
        provenance={},
        gallery=(),
        caveats=(),
        control="",
        scores={},
        calibrations={},
        subgroups={},
        **dict.fromkeys(
            (
                *("learning_curves", "denoiser_curve", "roc_curves", "precision_recall_curves", "comparison_forest"),
                "reliability_curves",
            )
        ),
    )
    page = Page(render_report(content))
    assert {"gallery", "scores", "calibration", "groups", "reliability"} & set(page.ids) == set()
    assert "roc" not in page.ids
    assert page.text.count("Not measured.") == 2
    assert "No synthetic record was rejected." in page.text
    assert "The control arm" not in page.text


def test_content_that_cannot_be_reported_is_refused() -> None:
    with pytest.raises(BadInput, match="at least one arm"):
        made_up.study(metrics={})
    with pytest.raises(BadInput, match="metrics of baseline have no row macro"):
        made_up.study(metrics={"baseline": pd.DataFrame(index=["NORM"])})
    with pytest.raises(BadInput, match="synthetic_added must not be negative, got -1"):
        made_up.study(synthetic_added=-1)
    with pytest.raises(BadInput, match="arm nobody"):
        render_report(made_up.study(arm="nobody"))


def test_content_is_frozen() -> None:
    content = made_up.study()
    assert isinstance(content, ReportContent)
    with pytest.raises(AttributeError):
        content.question = "another"  # type: ignore[misc]


def test_importing_is_cheap() -> None:
    code = (
        "import sys, ecg_forge.reporting.report, ecg_forge.reporting.figures;"
        "sys.exit(bool({'matplotlib', 'plotly', 'jinja2', 'sklearn'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
