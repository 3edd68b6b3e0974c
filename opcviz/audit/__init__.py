"""The audit of models that were brought: what it finds, and the report that is handed on."""
