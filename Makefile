# Everything a person types, and CI types the same. `make train` and `make test` need Python 3.10+
# and nothing else: they make .venv first.

PYTHON ?= python3
# The NumPy to install, as in NUMPY=2.0; the newest without it.
NUMPY ?=
DATA ?=
OUT ?= runs/cat
BIN = .venv/bin
# Tests run side by side, one on each core; then more threads in each would only wait. Bytecode is
# kept, since both processes and all that tests start import the same modules.
FOR_TESTS = OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 \
	PYTHONDONTWRITEBYTECODE= PYTHONPYCACHEPREFIX="$(CURDIR)/.venv/bytecode"

.PHONY: train test check thorough bench docs examples clean always

train: .venv/ready
	$(BIN)/autograd-lite train $(if $(DATA),--data "$(DATA)") --out "$(OUT)"

test: .venv/ready-tests
	$(FOR_TESTS) $(BIN)/python -m pytest -n auto

check: .venv/ready-tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

thorough: .venv/ready-tests
	$(FOR_TESTS) $(BIN)/python -m pytest -n auto -m "thorough or not thorough"

bench: .venv/ready-tests
	$(BIN)/python -m benchmarks

docs: .venv/ready-tests
	$(BIN)/python -m tools

examples: .venv/ready-tests
	for file in examples/*.py; do $(BIN)/python $$file || exit 1; done

clean:
	rm -rf .venv runs

.venv/ready: pyproject.toml
	@sh .ci/setup "$(PYTHON)" plot,draw
	@touch $@

# A NumPy that is asked for is installed whatever .venv holds.
.venv/ready-tests: pyproject.toml $(if $(NUMPY),always)
	@sh .ci/setup "$(PYTHON)" plot,draw,test,check "$(NUMPY)"
	@touch $@ .venv/ready

always:
