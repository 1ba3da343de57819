import made_up_board

from ecg_forge.reporting.leaderboard_page import label_extremes, leaderboard_page, score_table
from ecg_forge.reporting.training_notes import flat_settings, run_table, settings_table, shared_settings


def page() -> str:
    return leaderboard_page(made_up_board.board())


def texts(table) -> list[list[str]]:
    return [[cell.text for cell in row] for row in table.rows]


def test_the_page_says_what_data_machines_and_intervals_it_stands_on() -> None:
    text = page()
    assert "PTB-XL 1.0.3, 100 Hz" in text
    assert "17,418 train, 2,183 val, 2,198 test records" in text
    assert "Trained on: one GPU." in text
    assert "intervals over the choice of test patients (1,000 bootstrap resamples" in text
    assert "policy `max_f1`" in text
    assert "- *study*: a paper. Intervals: 90 %." in text


def test_a_task_names_the_best_as_trained_once_beside_the_best_published() -> None:
    # s4 reaches 0.94 with two trainings averaged, but 0.92 with one.
    assert "Highest of ours: resnet, 0.925; highest published: S4, 0.935." in page()
    tasks = made_up_board.tasks()
    tasks["all"]["seeds"][0]["auc_mean"] = 0.93
    text = leaderboard_page({**made_up_board.board(), "tasks": tasks})
    expected = "Highest of ours: s4, 0.930 on average over 2 seeds, 0.940 with their probabilities averaged;"
    assert expected in text


def test_ours_and_published_stand_in_one_table() -> None:
    rows = texts(score_table(made_up_board.tasks()["all"]["rows"]))
    assert [row[:4] for row in rows[:3]] == [
        ["s4", "mean of seeds", "0, 1", "0.940"],
        ["*S4*", "*study*", "–", "0.935"],
        ["s4", "run", "0", "0.930"],
    ]
    assert rows[1][4:] == ["–"] * 10
    assert rows[2][6:] == ["0.910", "0.200", "0.0123", "0.0057", "517,000", "10.5", "1500", "50"]


def test_a_run_that_was_scored_again_says_how_its_epoch_was_chosen() -> None:
    assert "scored again" not in page()
    board = made_up_board.board()
    board["runs"][0]["epoch_chosen_with"] = {"aggregate": "max", "stride_s": 1.25}
    expected = "- `all/s4`, seed 0: scored again from its weights; its epoch had been chosen with `aggregate` max"
    assert f"{expected}, `stride_s` 1.25." in leaderboard_page(board)


def test_a_task_without_rare_labels_leaves_them_blank() -> None:
    (row,) = score_table(made_up_board.tasks()["superclass"]["rows"]).rows
    assert (row[6].text, row[6].note) == ("–", "")


def test_of_many_labels_the_best_and_the_worst_ten_are_listed() -> None:
    listed = [row[0] for row in texts(label_extremes(made_up_board.detail(30)["labels"]))]
    assert listed == [f"L{k:02}" for k in (*range(10), *range(20, 30))]
    assert len(label_extremes(made_up_board.detail(5)["labels"]).rows) == 5


def test_the_closer_look_tells_calibration_groups_and_labels() -> None:
    text = page()
    assert "### Task `all`: s4, seeds 0, 1" in text
    assert "A temperature of 1.250, fitted there, takes" in text
    assert "from 0.0123 to 0.0045" in text
    assert "| sex: female | 1,066 | 935 | 69 | 0.800 (0.780–0.820)" in text
    assert "mind how few test records some have" in text
    assert "The labels by AUC:" in text


def test_the_spread_over_seeds_has_its_own_table() -> None:
    assert "| s4 | 2 | 0.920 ± 0.0141 | 0.400 ± 0.0000 | 0.400 ± 0.0000 |" in page()


def test_what_all_trainings_share_and_what_differs_is_told_apart() -> None:
    runs = made_up_board.board()["runs"]
    assert shared_settings(runs) == "`epochs` 50, `gradient_clip` none, `loss.focal_gamma` 0"
    table = settings_table(runs)
    assert table.columns == ("Classifier", "Model", "Tasks", "`crop_s`")
    assert texts(table) == [["s4", "s4", "all", "10"], ["resnet", "resnet", "all", "2.5"]]
    assert "seed" not in flat_settings(runs[0])


def test_a_run_that_hears_all_leads_says_so() -> None:
    run = made_up_board.run("all", "s4", 0, leads=None)
    assert "`leads` all" in shared_settings([run, run])
    other = made_up_board.run("all", "gru", 0, leads=["I", "V2"])
    assert texts(settings_table([run, other])) == [["s4", "s4", "all", "all"], ["gru", "gru", "all", "I, V2"]]


def test_every_run_is_listed_with_its_machine_and_its_cost() -> None:
    rows = texts(run_table(made_up_board.board()["runs"]))
    expected = ["one GPU", "0.1 (abc)", "2026-01-02", "0, 1", "136", "50, 50", "40, 41", "10.0, 11.0", "1.9, 1.9"]
    assert rows[0] == ["all", "s4", *expected]


def test_tables_are_whole() -> None:
    tables = [block for block in page().split("\n\n") if block.startswith("|")]
    assert len(tables) == 13
    for table in tables:
        assert len({line.count("|") for line in table.splitlines()}) == 1


def test_without_published_figures_or_a_closer_look_the_page_is_shorter() -> None:
    tasks = {"superclass": made_up_board.tasks()["superclass"]}
    text = leaderboard_page({**made_up_board.board(), "tasks": tasks, "details": {}, "decisions": {}, "sources": []})
    assert "ublished" not in text
    assert "closer look" not in text
    assert "Decisions" not in text
    assert "Highest of ours: resnet, 0.920." in text
