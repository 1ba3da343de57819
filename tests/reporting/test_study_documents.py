from dataclasses import replace

import made_up_study_content as made_up
import pandas as pd
import pytest

from ecg_forge.reporting.study_cards import data_card, model_card
from ecg_forge.reporting.study_checklist import checklist, items
from ecg_forge.reporting.study_documents import document_markdown
from ecg_forge.reporting.study_limits import limits
from ecg_forge.reporting.study_page import study_page


def nothing_measured():
    empty = pd.DataFrame()
    return made_up.content(
        crosschecks=made_up.content().crosschecks.head(0), checks=empty, diversity=empty, privacy={}, examples={}
    )


def test_the_model_card_says_how_many_were_trained_on_what_and_where() -> None:
    text = document_markdown(model_card(made_up.content()))
    assert "`resnet1d_wang` for the task `all`" in text
    assert "9 trainings" in text
    assert "`epochs` 50; 136 batches an epoch" in text
    assert "| class_weighted | resnet1d_wang | all | balanced |" in text
    assert "two cores. Code 0.1 (abc). 2026-01-01 to 2026-01-03; 4.5 hours" in text
    assert "By sex and age\n\nNot examined" in text


def test_the_data_card_counts_what_each_arm_learned_from() -> None:
    text = document_markdown(data_card(made_up.content()))
    assert "Records by split: train: 17,418, val: 2,183, test: 2,198." in text
    assert "| ILBBB +100 | augmented | 17,418 | 0 | 100 | – | 0, 1, 2 |" in text
    assert "| ILBBB +100 | pretrain_finetune | 17,418 | 0 | 0 | 50 synthetic | 0, 1, 2 |" in text
    assert "| ILBBB (incomplete left bundle branch block) | ILBBB +100 | 100 | 7 |" in text


def test_what_was_not_measured_is_said() -> None:
    text = document_markdown(data_card(nothing_measured()))
    assert text.count("Not measured in this run.") == 4
    assert "Memorisation of training records was not measured in this run." in limits(nothing_measured())
    assert "## Checks before use" not in study_page(nothing_measured())


def test_a_limit_of_privacy_that_is_exceeded_is_in_every_document() -> None:
    reason = "nearer_to_train is 0.71, above its limit 0.6 (0.5 without memory)"
    content = made_up.content(privacy={**made_up.PRIVACY, "blocked": [reason]})
    for text in (document_markdown(data_card(content)), document_markdown(checklist(content)), study_page(content)):
        assert f"Above its limit: {reason}." in text
    assert any("must not be given away" in limit for limit in limits(content))


def test_the_checklist_holds_the_27_items_in_order_and_says_what_was_not_done() -> None:
    found = [item for part in items(made_up.content()).values() for item in part]
    assert [item.number for item in found] == list(range(1, 28))
    states = {item.number: item.state for item in found}
    assert {states[number] for number in (14, 17, 19, 24, 27)} == {"not done"}
    assert set(states.values()) == {"done", "partly", "not done"}
    counts = {state: list(states.values()).count(state) for state in ("done", "partly", "not done")}
    opening = checklist(made_up.content()).opening[0]
    assert f"{counts['done']} done, {counts['partly']} partly, {counts['not done']} not done." in opening


def test_the_checklist_is_answered_from_the_run() -> None:
    text = document_markdown(checklist(made_up.content()))
    assert "version 1.0.3" in text
    assert "7 to 32 positive test patients for a target" in text
    assert "1,000 resamples" in text
    assert "class_weighted" in text
    assert "Code 0.1 (abc)" in text


def test_limits_name_the_settings_without_control_and_the_runs_that_are_missing() -> None:
    cells = [made_up.cell("per_label", "PVC", {"PVC": 900}, arms=("augmented",))]
    content = made_up.content(cells)
    assert "Without the control oversampled, so not part of the answer: PVC +900." in limits(content)
    unfinished = replace(content, summary={**content.summary, "missing": ["rare/all/augmented-seed4"]})
    assert limits(unfinished)[1] == "1 of 10 runs are not finished yet."


def test_limits_say_that_the_denoiser_knew_all_patients_where_the_classifier_did_not() -> None:
    said = "the denoiser still learned from all"
    assert not any(said in limit for limit in limits(made_up.small()))
    tenth = made_up.content([made_up.cell("low_data", "10pct", {"WPW": 60}, share=0.1)])
    assert any(said in limit for limit in limits(tenth))


def test_the_page_is_short_and_says_every_answer_once() -> None:
    text = study_page(made_up.content())
    assert text.startswith("# Do diffusion-made ECGs of the rare diagnosis help?\n")
    assert text.count("instead of") == 3
    assert "![Differences in average precision, setting by setting](study.svg)" in text
    assert len(text) < 12_000


@pytest.mark.parametrize("make", [model_card, data_card, checklist])
def test_every_table_of_a_document_is_whole(make) -> None:
    blocks = document_markdown(make(made_up.content())).split("\n\n")
    found = [block for block in blocks if block.startswith("|")]
    assert found
    for table in found:
        assert len({line.count("|") for line in table.splitlines()}) == 1


def test_without_a_finished_run_the_cards_say_so() -> None:
    content = made_up.content()
    bare = replace(content, summary={**content.summary, "runs": []})
    assert "No run is finished." in document_markdown(model_card(bare))
    assert "No run is finished." in study_page(bare)
    assert document_markdown(checklist(bare))
