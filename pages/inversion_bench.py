"""Inversion bench: any pictures, searched for in two to four models, as it happens."""

from opcviz.ui.reading import bench as reading
from opcviz.ui.reading import store_reader as library
from opcviz.ui.sections import inversion_bench as bench
from opcviz.ui.sections.inversion_bench_found import found
from opcviz.ui.sections.page_header import head
from opcviz.ui.sections.page_rows import Row, show_rows
from opcviz.ui.sections.presentation import presenting

study, view = head("Inversion")
shown = library.columns(study, view.models)
bench.wake_engine()

asked = reading.asked(study, view, shown)
rows = [
    Row(
        "bench-ask",
        lambda: bench.ask(study, view, shown, asked),
        "Pick pictures of forgotten and of kept classes: what is rebuilt of either says how "
        "much the gradient tells, remembered or not.",
    ),
    Row(
        "bench-found",
        lambda: found(study, shown, asked),
        "Each column is one true picture; below it stands what the search found of it in each "
        "model, and at the bottom what anybody gets without a model.",
    ),
    Row("bench-words", bench.introduction),
]
if presenting():  # a hall needs the form until something was searched for, and then no more
    chosen = asked.job.samples and not asked.problems
    searched = chosen and reading.run_of(library.engine(), asked.job) is not None
    left_out = "bench-ask" if searched else "" if chosen else "bench-found"
    rows = [row for row in rows if row.key != left_out]
show_rows(rows)
