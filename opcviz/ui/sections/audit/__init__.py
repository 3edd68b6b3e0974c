"""The page of the audit: three steps, the run as it goes, and what came of it."""
