# make app    set up everything and open the laboratory on http://127.0.0.1:8501
# make test   set up everything and run all tests, the browser's and the wheel's included
# make fast   the tests that need no browser and little time
# make wheel  build the wheel, install it into a new environment elsewhere and use it there;
#             with OPCVIZ_WHEEL_FULL=1 the new environment installs every requirement itself
# make lint   ruff, check and format; mypy
# make study  remake the shipped studies in checkpoints/
# make table  the README's tables: three classes, one class and a random tenth, from checkpoints/
# make readme  write them into README.md
# make claims  claims that one stronger attacker overturned, and what is measured now
# make pictures  the pictures of the documentation: every page, and a race that moves
# make inversion  gradient inversion of 24 pictures, three seeds

PYTHON ?= python3
PORT ?= 8501
BIN := .venv/bin
THREE_SEEDS := original,retrain,untrained,ft,neggrad_plus,rl,salun,scrub,delete,ssd,opc,opc_logits,opc_retain_like,opc_deep,opc_deep_retain_like
IN_A_ROW := original,retrain,ga,rl,salun,ssd,opc
CHROMIUM := $(firstword $(OPCVIZ_CHROMIUM) $(shell command -v chromium chromium-browser google-chrome 2>/dev/null))

.PHONY: app test fast wheel lint study table readme claims pictures inversion setup tools chromium

app: setup
	$(BIN)/python -m opcviz app --port $(PORT)

# Workers share the machine: threads of one operator would only wait for each other.
test fast wheel: export OMP_NUM_THREADS = 1
# Where this is set, every worker and every program that a test starts compiles all modules anew.
test fast wheel: export PYTHONDONTWRITEBYTECODE =
# A file's tests share what they prepare, and so do those of some folders: see tests/together.py. As
# many workers as this project's machines have cores, since each further one imports all libraries
# and collects all tests again, 12 seconds of a core.
WORKERS := -n 2 --dist loadfile --no-loadscope-reorder

test: tools chromium lint
	$(BIN)/python -m pytest -m "not browser and not wheel" $(WORKERS)
	# on a busy machine a browser may miss a moment: what fails is run once more, alone
	$(BIN)/python -m pytest -m "browser or wheel" $(WORKERS) \
		|| $(BIN)/python -m pytest -m "browser or wheel" --last-failed --last-failed-no-failures none

fast: tools
	$(BIN)/python -m pytest -m "not browser and not slow and not wheel" $(WORKERS)

wheel: tools chromium
	$(BIN)/python -m pytest tests/wheel

lint: tools
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

study: setup
	rm -rf checkpoints/studies
	$(BIN)/python -m opcviz run digits --store checkpoints
	$(BIN)/python -m opcviz run digits-all --store checkpoints
	# of the methods that have three seeds all evidence, not only what digits asks for
	$(BIN)/python -m opcviz run digits-all --seeds 0,1,2 --store checkpoints \
		--methods $(THREE_SEEDS)
	$(BIN)/python -m opcviz run digits-one --store checkpoints
	$(BIN)/python -m opcviz run digits-random --store checkpoints
	# weights that no figure is made of any more are trained again by whoever asks for them
	$(BIN)/python -m benchmarks.without_weights checkpoints digits-random --seeds 1,2
	$(BIN)/python -m opcviz run digits-generator --store checkpoints
	$(BIN)/python -m benchmarks.without_weights checkpoints digits-generator
	$(BIN)/python -m opcviz run earthquakes --store checkpoints
	$(BIN)/python -m benchmarks.without_weights checkpoints earthquakes --keep ""
	$(BIN)/python -m opcviz run digits-clients --store checkpoints
	$(BIN)/python -m benchmarks.without_weights checkpoints digits-clients --keep ""
	$(BIN)/python -m opcviz run digits-sequence --store checkpoints --seeds 0 --methods $(IN_A_ROW)
	for study in checkpoints/studies/digits-sequence-*; do \
		$(BIN)/python -m benchmarks.without_weights checkpoints $$(basename $$study) --keep "" \
			|| exit 1; \
	done
	# the band is five retrained models: three say too little of where a further one would lie
	for name in digits digits-all digits-one digits-random; do \
		$(BIN)/python -m opcviz run $$name --methods original,retrain --seeds 0,1,2,3,4 \
			--store checkpoints || exit 1; \
	done
	# beside what joins them in the lab, which is attacked quickly
	for name in digits-all digits-one digits-random; do \
		$(BIN)/python -m opcviz run $$name --quick --methods original,retrain --seeds 0,1,2,3,4 \
			--store checkpoints || exit 1; \
	done
	rm -rf checkpoints/work

table: setup
	$(BIN)/python -m opcviz table digits --store checkpoints
	$(BIN)/python -m opcviz table digits-one --store checkpoints
	$(BIN)/python -m opcviz table digits-random --store checkpoints

readme: setup
	$(BIN)/python -m benchmarks.readme_tables

claims: setup
	$(BIN)/python -m benchmarks.claims --store checkpoints

pictures: tools chromium
	$(BIN)/python -m benchmarks.gallery

inversion: setup
	$(BIN)/python -m opcviz run digits-all --seeds 0,1,2 --only model,inversion \
		--set evidence.pictures=24 --store .data/table
	$(BIN)/python -m opcviz table digits --about inversion --store .data/table

# The app needs requirements.txt alone; the tests need their tools as well.
setup: .venv/.ready
tools: .venv/.tools

.venv/.ready: requirements.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

.venv/.tools: .venv/.ready requirements-test.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-test.txt
	touch $@

chromium:
	@test -n "$(CHROMIUM)" || { test "$$(id -u)" = 0 && apt-get update -q && apt-get install -yq chromium; } \
	|| { echo "The browser tests need Chromium: install it, or name it in OPCVIZ_CHROMIUM"; exit 1; }
