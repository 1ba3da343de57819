# Every target works on a fresh machine; `make help` lists them.
PYTHON ?= python3
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help install demo test lint results viz viz-site mlflow docs clean

help:  ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

install: .venv/.installed  ## make .venv with everything the demo and the tests need

.venv/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	touch $@

demo: install  ## the whole way on simulated recordings, in minutes; prints where the report is
	$(BIN)/kedro run --env=demo
	@echo
	@echo "Report: $(CURDIR)/data/demo/08_reporting/report.html"

test: install  ## run the tests
	$(BIN)/pytest --cov --cov-report=term:skip-covered

lint: install  ## ruff, mypy and the rules on who imports whom
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

results: install  ## rebuild the tables of docs/results from the committed probabilities; needs PTBXL_ROOT
	$(BIN)/kedro run --env=small --pipelines=data_engineering,results
	$(BIN)/kedro run --pipelines=benchmark_results
	$(BIN)/kedro run --env=cpu --pipelines=data_engineering,fidelity_results
	$(BIN)/kedro run --pipelines=denoisers
	$(BIN)/kedro run --env=cpu --pipelines=study_results

viz: install  ## browse the pipelines and their artifacts (demo environment)
	$(BIN)/kedro viz run --env=demo --host=127.0.0.1

mlflow: install  ## browse the runs that were logged to mlflow.db (docs/how-to/tracking.md)
	MLFLOW_DISABLE_TELEMETRY=true $(BIN)/mlflow ui --backend-store-uri=sqlite:///mlflow.db --host=127.0.0.1 --port=5000

viz-site: install  ## write the same as static pages to site/lineage; runs the demo if it has not been run
	test -e data/demo/08_reporting/report.html || $(BIN)/kedro run --env=demo
	rm -rf build site/lineage
	KEDRO_ENV=demo $(BIN)/kedro viz build --include-previews 2>&1 | grep -vE "could not be previewed|does not exist"
	grep -q nodes build/api/main  # kedro viz reports an error, but does not end with one
	grep -rlF '$(CURDIR)/' build/api | xargs perl -pi -e 's{\Q$(CURDIR)/\E}{}g'  # nobody's folders are published
	mkdir -p site && mv build site/lineage

docs: install  ## build the documentation site into site/, with the lineage of the demo
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[docs]'
	$(BIN)/mkdocs build --strict
	$(MAKE) viz-site

clean:  ## remove what the demo made
	rm -rf data/demo
