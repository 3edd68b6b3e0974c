"""Audit: bring a checkpoint, the data and what should be gone; leave with evidence."""

from opcviz.ui.sections.audit.page import audit
from opcviz.ui.sections.page_header import plain_head

plain_head("Audit")
audit()
