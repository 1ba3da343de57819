"""What of a classifier is explained, and how; importable without torch, checked before anything runs."""

from dataclasses import dataclass

from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.labels import check_statements, label_of_statement

METHODS = ("saliency", "integrated_gradients", "grad_cam", "occlusion_leads", "occlusion_waves", "attention")
"""As `ecg_forge.training.explanation.METHODS` has them."""
REFERENCES = ("median", "zero")
"""As `ecg_forge.training.explanation.REFERENCES` has them."""

_WHOLE = ("integration_steps", "averaged_records", "checked_records", "deletion_steps")


@dataclass(frozen=True)
class ExplanationConfig:
    """Which labels of which records are explained by which methods.

    Attributes:
        statements: what to explain; each stands for the label under which it counts in the classifier's task.
        methods: names in `METHODS`.
        reference: what stands for an ECG without information: ``median``, each lead's own median of the record at all
            samples, or ``zero``, 0 mV. Occlusion and deletion replace by it, integrated gradients begin there.
        integration_steps: of integrated gradients.
        averaged_records: of each label, whose beats are averaged.
        checked_records: of these, with which the methods are checked.
        deletion_steps: in which a record is taken away.
        piece_s: length of the pieces of a lead in which it is taken away, in seconds.
        seed: of the draw of records, of shuffled weights and of the random order.
    """

    statements: list[str]
    methods: list[str]
    reference: str = "median"
    integration_steps: int = 50
    averaged_records: int = 100
    checked_records: int = 8
    deletion_steps: int = 20
    piece_s: float = 0.1
    seed: int = 0

    def __post_init__(self) -> None:
        check_statements(self.statements, "explanation.statements")
        for name, known in (("methods", METHODS), ("statements", None)):
            given = getattr(self, name)
            if not given or len(set(given)) != len(given):
                raise BadInput(f"explanation.{name} is {given}; name one or more, each once")
            if known and (unknown := [each for each in given if each not in known]):
                raise BadInput(f"explanation.{name}: unknown {', '.join(unknown)}; give some of {', '.join(known)}")
        if self.reference not in REFERENCES:
            raise BadInput(f"explanation.reference is {self.reference!r}; give one of {', '.join(REFERENCES)}")
        for name in _WHOLE:
            value = getattr(self, name)
            if value != int(value) or value < 1:
                raise BadInput(f"explanation.{name} is {value}; give a whole number from 1 on")
        if self.checked_records > self.averaged_records:
            raise BadInput(
                f"explanation.checked_records is {self.checked_records}; give at most "
                f"explanation.averaged_records, {self.averaged_records}"
            )
        if not self.piece_s > 0:
            raise BadInput(f"explanation.piece_s is {self.piece_s}; give seconds above 0")

    def labels(self, task: str) -> dict[str, str]:
        """Return the label that each statement stands for in a task, by statement.

        Raises:
            BadInput: the task leaves a statement out, or two statements count under one label.
        """
        labels = {code: label_of_statement(code, task) for code in self.statements}
        if left_out := [code for code, label in labels.items() if label is None]:
            raise BadInput(
                f"explanation.statements: the task {task} leaves out {', '.join(left_out)}; name statements that it has"
            )
        found = {code: str(label) for code, label in labels.items()}
        if len(set(found.values())) != len(found):
            raise BadInput(
                f"explanation.statements: in the task {task} they stand for {', '.join(found.values())}; "
                "name one statement for each label"
            )
        return found
