"""The command ``ecg-forge``; inside the project its commands are Kedro's, too, such as ``kedro labels``."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from ecg_forge import __version__
from ecg_forge.datasets.ecg_output import FORMATS, check_format, how_to_read, new_folder, write_ecgs
from ecg_forge.ecg.attribution import CLASSIFIER_NOTICE, SYNTHETIC_NOTICE
from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.statement_search import kinds_in_words
from ecg_forge.ecg.statements import STATEMENTS
from ecg_forge.ecg.synthesis_request import SEXES, SynthesisRequest

_INTERRUPTED = 130  # what a shell expects after Ctrl-C


class _Refused(click.ClickException):
    """What was asked for cannot be done; told in one line."""

    exit_code = 2


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="ecg-forge")
def cli() -> None:
    """Make synthetic 12-lead ECGs of chosen diagnoses, classify recorded ones, and read ECGs from paper."""


@cli.command()
@click.option(
    "--label", "labels", multiple=True, required=True, metavar="CODE",
    help="Statement that every ECG shows; give several for ECGs that show them together. See `ecg-forge labels`.",
)  # fmt: skip
@click.option("--n", default=10, show_default=True, help="How many ECGs.")
@click.option("--age", type=float, help="Age in years.  [default: left open]")
@click.option("--sex", type=click.Choice(SEXES), help="Sex.  [default: left open]")
@click.option(
    "--guidance", default=SynthesisRequest.guidance, show_default=True,
    help="Push towards the statements: 1 as learned, more makes them plainer, at twice the time.",
)  # fmt: skip
@click.option("--seed", default=SynthesisRequest.seed, show_default=True, help="The same seed gives the same ECGs.")
@click.option("--steps", default=SynthesisRequest.steps, show_default=True, help="Steps of the sampler.")
@click.option("--fs", default=SynthesisRequest.fs, show_default=True, help="Sampling rate in Hz.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="New folder for the records.")
@click.option(
    "--format", "form", default=FORMATS[0], show_default=True, type=click.Choice(FORMATS),
    help="wfdb: PTB-XL's own layout (100 or 500 Hz). npz: one NumPy file. csv: a table per record.",
)  # fmt: skip
@click.option(
    "--weights", type=click.Path(path_type=Path), help="Folder with a denoiser.  [default: the one in the package]"
)
def generate(labels: tuple[str, ...], n: int, out: Path, form: str, weights: Path | None, **settings: Any) -> None:
    """Make ECGs and write them into a new folder.

    \b
    Ten ECGs of atrial fibrillation with left ventricular hypertrophy:
      ecg-forge generate --label AFIB --label LVH --n 10 --out ecgs

    In PTB-XL nearly every ECG has a rhythm among its statements, so name one beside a diagnosis (SR: sinus rhythm).
    """
    with _one_line_errors():
        request = SynthesisRequest.of(labels, n, **settings)
        check_format(form, request.fs)
        with new_folder(out) as folder:
            from ecg_forge.synthesise import synthesise

            started = time.perf_counter()
            ecgs = synthesise(request, weights)
            seconds = time.perf_counter() - started
            write_ecgs(ecgs, folder, form)
    made = "1 ECG" if n == 1 else f"{n} ECGs"
    click.echo(f"{made} of {', '.join(request.labels)} in {out}, made in {seconds:.1f} s ({n / seconds:.1f} ECG/s)")
    click.echo(f"Read them:\n{how_to_read(ecgs, out, form)}")
    click.echo(SYNTHETIC_NOTICE)


@cli.command()
@click.argument("photo", type=click.Path(path_type=Path))
@click.option("--layout", required=True, help="How the sheet is laid out: 3x4, 3x4r (with a rhythm strip), 6x2, 12x1.")
@click.option("--fs", default=100, show_default=True, type=click.IntRange(min=1), help="Sampling rate in Hz.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="New folder for the record.")
@click.option(
    "--weights", type=click.Path(path_type=Path), help="File with a segmenter.  [default: the one in the package]"
)
def digitise(photo: Path, layout: str, fs: int, out: Path, weights: Path | None) -> None:
    """Read a photograph or scan of a printed ECG, and write it as a WFDB record into a new folder.

    The whole sheet must be in the picture, about upright, with its grid and a calibration pulse; 25 mm/s, 10 mm/mV.

    \b
    A sheet of three rows of four leads:
      ecg-forge digitise photo.jpg --layout 3x4 --out ecg
    """
    with _one_line_errors(), new_folder(out) as folder:
        from ecg_forge.paper_reading import digitise_photograph

        reading = digitise_photograph(photo, layout, fs, folder, weights)
    click.echo(f"{reading.record} in {out}: {reading.summary}")
    click.echo(f'Read it:\nsignal, fields = wfdb.rdsamp("{(out / reading.record).as_posix()}")  # (sample, lead), mV')


@cli.command()
@click.argument("record")
@click.option(
    "--weights", type=click.Path(path_type=Path),
    help="Folder with a packed classifier, as `kedro run --pipelines=pack_classifier` writes it.",
)  # fmt: skip
@click.option("--age", type=click.FloatRange(0, 120), help="Age in years.  [default: left open]")
@click.option("--sex", type=click.Choice(SEXES), help="Sex.  [default: left open]")
@click.option("--top", default=10, show_default=True, type=click.IntRange(1), help="How many labels, likeliest first.")
def classify(record: str, weights: Path | None, age: float | None, sex: str | None, top: int) -> None:
    """Say what a classifier recognises in one 12-lead WFDB record.

    RECORD is its path, with or without .hea. Rate, lead order and units do not matter; of a longer record the first
    ten seconds count.
    """
    with _one_line_errors():
        from ecg_forge.classification import load_classifier_box, probabilities, read_record

        box = load_classifier_box(weights)
        config = box["config"]
        read = read_record(record, config["fs"])
        table = probabilities(box, read, age=age, sex=sex)
    click.echo(f"{record}: {read.seconds:g} s at {read.fs:g} Hz")
    click.echo(f"{'probability':13}{'label':9}description")
    for label, row in table.head(top).iterrows():
        click.echo(f"{row['probability']:>11.3f}  {label!s:9}{row['description']}")
    click.echo(f"By {config['model']}, calibrated on validation records of {config['learned_from']}.")
    click.echo(CLASSIFIER_NOTICE)


@cli.command()
def labels() -> None:
    """List the 71 statements an ECG can be asked to show."""
    click.echo(f"{'code':9}{'kind':19}{'superclass':12}description")
    for statement in STATEMENTS:
        kinds = kinds_in_words(statement)
        click.echo(f"{statement.code:9}{kinds:19}{statement.superclass or '-':12}{statement.description}")


def main() -> None:
    """Run the command; a mistake in the call is told in one line, with exit code 2."""
    try:
        cli.main(args=sys.argv[1:] or ["--help"], prog_name="ecg-forge", standalone_mode=False)
    except click.ClickException as error:
        click.echo(f"ecg-forge: {error.format_message()}", err=True)
        sys.exit(error.exit_code)
    except click.Abort:
        click.echo("ecg-forge: stopped; nothing was written", err=True)
        sys.exit(_INTERRUPTED)


@contextmanager
def _one_line_errors() -> Iterator[None]:
    try:
        yield
    except (BadInput, OSError) as error:
        raise _Refused(str(error)) from error
