# make app    set up everything and open the laboratory on http://127.0.0.1:8501
# make test   set up everything and run all tests, the browser's included
# make fast   the tests that need no browser and little time
# make lint   ruff, check and format
# make study  remake the shipped studies in checkpoints/
# make table  the README's table: every method on digits, three seeds
# make inversion  the README's table of gradient inversion: 24 pictures, three seeds

PYTHON ?= python3
PORT ?= 8501
BIN := .venv/bin
CHROMIUM := $(firstword $(OPCVIZ_CHROMIUM) $(shell command -v chromium chromium-browser google-chrome 2>/dev/null))

.PHONY: app test fast lint study table inversion setup chromium

app: setup
	$(BIN)/python -m opcviz.ui.serve --server.port $(PORT)

# Two workers share the machine: threads of one operator would only wait for each other.
test fast: export OMP_NUM_THREADS = 1

test: setup chromium lint
	$(BIN)/python -m pytest -m "not browser" -n 2 --dist loadfile
	$(BIN)/python -m pytest -m browser

fast: setup
	$(BIN)/python -m pytest -m "not browser and not slow" -n 2 --dist loadfile

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

study: setup
	rm -rf checkpoints/studies
	$(BIN)/python -m opcviz run digits-all --store checkpoints
	$(BIN)/python -m opcviz run digits-random --store checkpoints
	rm -rf checkpoints/work

table: setup
	$(BIN)/python -m opcviz run digits-all --seeds 0,1,2 --only model,evidence --store .data/table
	$(BIN)/python -m opcviz table digits --store .data/table

inversion: setup
	$(BIN)/python -m opcviz run digits-all --seeds 0,1,2 --only model,inversion \
		--set evidence.pictures=24 --store .data/table
	$(BIN)/python -m opcviz table digits --about inversion --store .data/table

setup: .venv/.ready

.venv/.ready: requirements.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

chromium:
	@test -n "$(CHROMIUM)" || { test "$$(id -u)" = 0 && apt-get update -q && apt-get install -yq chromium; } \
	|| { echo "The browser tests need Chromium: install it, or name it in OPCVIZ_CHROMIUM"; exit 1; }
