from made_up_board import tasks

from ecg_forge.reporting.front_page import front_page


def test_every_classifier_of_ours_stands_beside_the_published_figure_of_its_network() -> None:
    board = {"tasks": {task: {**scored, "rows": _with_models(scored["rows"])} for task, scored in tasks().items()}}
    _, _, *lines = front_page(board).splitlines()
    assert len(lines) == 5
    assert lines[0].startswith(
        "| `all` | `s4` (mean of seeds 0, 1) | 0.940 (0.930–0.950) | 0.935 | 0.400 (0.380–0.420) |"
    )
    assert lines[1].startswith("| `all` | `s4` (seed 0) | 0.930 (0.920–0.940) | 0.935 |")
    assert lines[4] == "| `superclass` | `resnet` (seed 0) | 0.920 (0.910–0.930) | – | 0.400 (0.380–0.420) | 50 |"


def _with_models(rows: list[dict]) -> list[dict]:
    return [{"model": row["name"], **row} for row in rows]
