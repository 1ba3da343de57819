"""What MLflow is told of a `kedro run`: one run, and nested in it a run for each arm."""

import logging
import os
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecg_forge.ecg.errors import BadInput

if TYPE_CHECKING:
    import pandas as pd

EXPERIMENT = "ecg-forge"
FILES = ("TextTable", "JSONFile", "YAMLFile", "Text", "Drawing", "HTMLReport", "ModelWeights")
"""Datasets whose file is logged as it is; arrays, parquet tables and checkpoints stay in the data folder."""
PICTURES = "Gallery"
"""Datasets whose files are logged one by one."""

_LONGEST_VALUE = 6000  # MLflow's limit for a parameter
_RESULTS = "reporting"  # layer of the catalog; numbers elsewhere, such as thresholds, are no scores
_LEVELS = 2  # of a result that are worth comparing between runs; the data card has hundreds of numbers below

logger = logging.getLogger(__name__)


class RunLog:
    """Logs one `kedro run`. A dataset named ``<arm>.<artifact>`` goes to the nested run of its arm."""

    def __init__(
        self, uri: str, name: str, tags: Mapping[str, str], parameters: Mapping[str, Mapping[str, Any]]
    ) -> None:
        """Start the run.

        Args:
            uri: of the MLflow server, or of a database such as ``sqlite:///mlflow.db``.
            name: of the run.
            tags: what the run is to be found by.
            parameters: by arm, with "" for all of the run; values may be dataclasses and mappings.

        Raises:
            BadInput: mlflow is not installed, or nothing can be logged at ``uri``.
        """
        import requests

        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # it would report to its makers
        try:
            from mlflow import MlflowClient
            from mlflow.exceptions import MlflowException
        except ImportError as error:
            raise BadInput("tracking needs mlflow; install it with `pip install 'ecg-forge[tracking]'`") from error
        self._failure = MlflowException
        self._tags = dict(tags)
        self._parameters = parameters
        self._runs: dict[str, str] = {}
        self._gone = False
        try:
            if uri.startswith("http"):
                requests.get(uri, timeout=30)  # MLflow itself would try for minutes to reach a server that is not there
            self._client = MlflowClient(tracking_uri=uri)
            known = self._client.get_experiment_by_name(EXPERIMENT)
            self._experiment = known.experiment_id if known else self._client.create_experiment(EXPERIMENT)
            self._start("", name, self._tags)
        except (MlflowException, requests.RequestException) as error:
            raise BadInput(f"nothing can be logged at what `tracking` names ({error}); is the server up?") from error

    def saved(self, name: str, data: Any, entry: Mapping[str, Any]) -> None:
        """Log what was saved under ``name``; ``entry`` is its entry in the catalog.

        When that fails nothing more is logged: a server that is gone must neither stop a training nor, since MLflow
        tries for minutes, hold it up with every save.
        """
        if self._gone:
            return
        arm, _, artifact = name.rpartition(".")
        try:
            run = self._runs.get(arm) or self._start(arm, arm, {**self._tags, "mlflow.parentRunId": self._runs[""]})
            self._log(run, artifact, data, entry)
        except (self._failure, OSError) as error:
            self._gone = True
            logger.warning("%s was saved, but from here on nothing is logged to MLflow: %s", name, error)

    def end(self, status: str) -> None:
        """Close all runs as ``FINISHED`` or ``FAILED``, nested ones first."""
        if self._gone:
            return
        try:
            for run in reversed(self._runs.values()):
                self._client.set_terminated(run, status)
        except (self._failure, OSError) as error:
            logger.warning("MLflow was not told that the run has ended: %s", error)

    def _start(self, arm: str, name: str, tags: Mapping[str, str]) -> str:
        from mlflow.entities import Param

        run = self._client.create_run(self._experiment, run_name=name, tags=dict(tags)).info.run_id
        self._runs[arm] = run
        values = [leaf for top, value in self._parameters.get(arm, {}).items() for leaf in leaves(top, value)]
        self._client.log_batch(run, params=[Param(key, str(value)[:_LONGEST_VALUE]) for key, value in values])
        return run

    def _log(self, run: str, artifact: str, data: Any, entry: Mapping[str, Any]) -> None:
        kind = entry["type"].rpartition(".")[2]
        if kind == "PlotlyFigure":
            self._client.log_text(run, data.to_html(include_plotlyjs=True), f"{artifact}.html")
        elif kind == PICTURES:
            for item in data:
                file = Path(entry["path"], f"{item}{entry['filename_suffix']}")
                self._client.log_artifact(run, str(file), artifact)
        elif kind in FILES:
            self._client.log_artifact(run, str(entry["filepath"]))
        if kind == "TextTable" and "epoch" in data:
            self._log_metrics(run, curves(artifact, data))
        elif kind == "JSONFile" and entry.get("metadata", {}).get("kedro-viz", {}).get("layer") == _RESULTS:
            self._log_metrics(run, scores(artifact, data))

    def _log_metrics(self, run: str, values: list[tuple[str, Any, int]]) -> None:
        from mlflow.entities import Metric

        now = round(1000 * time.time())  # MLflow counts milliseconds
        self._client.log_batch(run, metrics=[Metric(key, float(value), now, step) for key, value, step in values])


def leaves(name: str, value: Any, separator: str = ".") -> Iterator[tuple[str, Any]]:
    """Yield every value of a tree of dataclasses and mappings with its path."""
    if is_dataclass(value) and not isinstance(value, type):
        value = asdict(value)
    if isinstance(value, Mapping):
        for key, below in value.items():
            yield from leaves(f"{name}{separator}{key}", below, separator)
    else:
        yield allowed(name), value


def allowed(name: str) -> str:
    """Return the name with ``_`` for each character that MLflow does not take."""
    return re.sub(r"[^\w\-. /]", "_", name)


def curves(name: str, history: "pd.DataFrame") -> list[tuple[str, Any, int]]:
    """Return (metric, value, epoch) of each number in a table of epochs; a validation that was left out has none."""
    points = history.select_dtypes("number").melt("epoch").dropna()
    return [(allowed(f"{name}/{column}"), value, int(epoch)) for epoch, column, value in points.itertuples(index=False)]


def scores(name: str, result: Mapping[str, Any]) -> list[tuple[str, Any, int]]:
    """Return (metric, value, 0) of each number in a result's first two levels; what lies deeper is for its file."""
    return [
        (key, value, 0)
        for key, value in leaves(name, result, "/")
        if isinstance(value, int | float) and not isinstance(value, bool) and key.count("/") <= _LEVELS
    ]
