"""Learn: a guided tour of seven short chapters on stored evidence."""

from opcviz.ui.sections.tour.guide import tour

tour()
