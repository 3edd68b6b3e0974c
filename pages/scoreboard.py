"""Scoreboard: every method of the study by every measure, and any two measures against another."""

from opcviz.ui.reading.board import board_of
from opcviz.ui.sections.page_header import head
from opcviz.ui.sections.page_rows import Row, show_rows
from opcviz.ui.sections.scoreboard import scoreboard
from opcviz.ui.sections.scoreboard_pareto import pareto

TASKS = ("classification", "generation", "waveforms")

study, view = head("Scoreboard", pick_models=False, tasks=TASKS)
board = board_of(study)

show_rows(
    [
        Row(
            "scoreboard",
            lambda: scoreboard(study, board),
            "Each row is a method, each column a measure. A plain cell is as in the models that "
            "never saw the forgotten data: that is the goal. Yellow is worse than in all of them "
            "(memory, harm or cost); turquoise lies beyond them on the other side. A colour is not "
            "yet the verdict, whose lines lie further out.",
        ),
        Row(
            "pareto",
            lambda: pareto(study, board),
            "No other method beats one in bold in both measures. The shading shows where the "
            "models lie that never saw the data; inside it all count as equal.",
        ),
    ]
)
