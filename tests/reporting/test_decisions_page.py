import made_up_board

from ecg_forge.reporting.decisions_page import confusion_table, count_table, decision_lines, pair_table, score_table


def texts(table) -> list[list[str]]:
    return [[cell.text for cell in row] for row in table.rows]


def test_ours_come_with_intervals_and_published_figures_without() -> None:
    table = score_table(made_up_board.decisions())
    assert texts(table)[0] == ["resnet", "mean of seeds", "0, 1", "0.600", "0.600", "0.100", "0.725", "0.575"]
    assert table.rows[1][4].note == "0.580–0.620"
    assert texts(table)[-1] == ["*old*", "*published*", "–", "0.700", "0.610", "0.120", "–", "–"]


def test_a_published_figure_says_what_to_mind() -> None:
    text = "\n".join(decision_lines({"superclass": made_up_board.decisions()}))
    assert "*Published*: old, from a log, AUC 0.910. Mind that it looked." in text
    assert "508 of the 2,158 test records hold several labels." in text


def test_true_and_false_decisions_stand_beside_each_label() -> None:
    table = count_table(made_up_board.decisions()["best"]["labels"])
    assert table.columns == ("Label", "TN", "FP", "FN", "TP")
    assert texts(table)[0] == ["MI", "10", "1", "2", "1,300"]


def test_the_reduction_is_declared_beside_its_confusion_matrix() -> None:
    board = made_up_board.decisions()
    text = "\n".join(decision_lines({"superclass": board}))
    assert "true is the first of MI, NORM that a record holds" in text
    assert texts(confusion_table(board["precedence"], board["best"]["single_label"])) == [
        ["MI", "1,234", "2"],
        ["NORM", "3", "4"],
    ]


def test_every_pair_of_classifiers_has_its_p_once() -> None:
    table = pair_table(made_up_board.decisions()["pairs"])
    assert table.columns == ("", "Classifier", "1", "2")
    assert texts(table) == [["1", "resnet", "", ""], ["2", "gru", "<0.001", ""], ["3", "lstm", "0.020", "1.000"]]


def test_one_classifier_alone_has_no_table_of_pairs_and_no_task_no_section() -> None:
    assert "McNemar" not in "\n".join(decision_lines({"superclass": {**made_up_board.decisions(), "pairs": []}}))
    assert decision_lines({}) == []
