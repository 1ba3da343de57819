from pathlib import Path

import pandas as pd
import pytest

from ecg_forge.ecg import labels
from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.labels import TASKS, label_matrix, parse_scp_codes, statement_rows, task_labels
from ecg_forge.ecg.statements import CODES, STATEMENTS


def cells(*texts: str) -> pd.Series:
    return pd.Series(texts, index=pd.RangeIndex(1, len(texts) + 1, name="ecg_id"))


def test_the_six_tasks_have_the_published_numbers_of_labels() -> None:
    sizes = {task: len(names) for task, names in TASKS.items()}
    assert sizes == {"all": 71, "diagnostic": 44, "subclass": 23, "superclass": 5, "form": 19, "rhythm": 12}
    assert list(CODES) == sorted(CODES)
    assert TASKS["superclass"] == ("NORM", "MI", "STTC", "CD", "HYP")


def test_every_statement_counts_whatever_its_likelihood() -> None:
    table = label_matrix(cells("{'NORM': 100.0, 'SR': 0.0}", "{'IMI': 15.0, 'LVH': 50.0, 'AFIB': 0.0}"))
    assert [labels.present_statements(row) for _, row in table.iterrows()] == [["NORM", "SR"], ["AFIB", "IMI", "LVH"]]


def test_a_likelihood_threshold_drops_uncertain_diagnoses_but_no_rhythm() -> None:
    table = label_matrix(cells("{'NORM': 50.0, 'SR': 0.0}"), likelihood_at_least=80)
    assert labels.present_statements(table.loc[1]) == ["SR"]


def test_superclass_is_present_when_any_of_its_statements_is() -> None:
    table = task_labels(label_matrix(cells("{'IMI': 100, 'CLBBB': 100, 'SR': 0}", "{'SR': 0}")), "superclass")
    assert table.loc[1].to_dict() == {"NORM": False, "MI": True, "STTC": False, "CD": True, "HYP": False}
    assert not table.loc[2].any()


def test_label_of_statement_names_where_it_counts() -> None:
    assert labels.label_of_statement("IMI", "all") == "IMI"
    assert labels.label_of_statement("IMI", "superclass") == "MI"
    assert labels.label_of_statement("ASMI", "subclass") == "AMI"
    assert labels.label_of_statement("AFIB", "superclass") is None
    assert labels.label_of_statement("AFIB", "form") is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{'NORM': 100", "ecg_id 7: scp_codes is not a dictionary"),
        ("nan", "ecg_id 7: scp_codes is not a dictionary"),
        ("['NORM']", "ecg_id 7: scp_codes is not a dictionary"),
        ("{'NORM': 'high'}", "ecg_id 7: scp_codes is not a dictionary"),
        ("{'NORM': 101}", "ecg_id 7: scp_codes is not a dictionary"),
        ("{'NOPE': 100}", "ecg_id 7: unknown SCP statement NOPE"),
        ("__import__('os').system('true')", "ecg_id 7: scp_codes is not a dictionary"),
    ],
)
def test_a_bad_cell_is_named(text: str, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        parse_scp_codes(text, "ecg_id 7")


def test_statement_rows_is_the_inverse_of_present_statements() -> None:
    table = statement_rows([["IMI", "SR"], []], pd.Index([5, 6]))
    assert labels.present_statements(table.loc[5]) == ["IMI", "SR"]
    assert not table.loc[6].any()
    with pytest.raises(BadInput, match="record 5: unknown SCP statement XYZ"):
        statement_rows([["XYZ"]], pd.Index([5]))


def test_unknown_task_is_named() -> None:
    with pytest.raises(BadInput, match="unknown task 'beats'"):
        task_labels(label_matrix(cells("{'NORM': 100}")), "beats")


def scp_table() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "diagnostic": [1.0 if s.diagnostic else None for s in STATEMENTS],
            "form": [1.0 if s.form else None for s in STATEMENTS],
            "rhythm": [1.0 if s.rhythm else None for s in STATEMENTS],
            "diagnostic_class": [s.superclass or None for s in STATEMENTS],
        },
        index=list(CODES),
    )


def test_label_set_lists_tasks_and_statements() -> None:
    described = labels.label_set(scp_table())
    assert described["statements"]["ILBBB"]["superclass"] == "CD"
    assert described["tasks"]["rhythm"] == list(TASKS["rhythm"])


def test_label_set_refuses_a_table_that_differs_from_the_registry() -> None:
    with pytest.raises(BadInput, match="missing statement NORM"):
        labels.label_set(scp_table().drop(index="NORM"))
    with pytest.raises(BadInput, match="unknown SCP statement NEW"):
        labels.label_set(pd.concat([scp_table(), scp_table().loc[["NORM"]].rename(index={"NORM": "NEW"})]))
    changed = scp_table()
    changed.loc["IMI", "diagnostic_class"] = "CD"
    with pytest.raises(BadInput, match="IMI is D CD, expected D MI"):
        labels.label_set(changed)


def test_the_registry_equals_the_published_label_table(label_table: Path) -> None:
    published = pd.read_csv(label_table, keep_default_na=False).set_index("statement")
    ours = {s.code: (s.description, s.kinds, s.superclass, s.subclass) for s in STATEMENTS}
    theirs = {
        code: (row["description"], row["kind"], row["superclass"], row["subclass"])
        for code, row in published.iterrows()
    }
    assert ours == theirs
