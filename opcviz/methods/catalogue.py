"""Writes down what the methods that come with the project declare.

    python -m opcviz.methods.catalogue

writes `catalogue.json` anew after a method or its settings changed; a test fails until then.
"""

from __future__ import annotations

import json

from .declaration import CATALOGUE, METHODS, Declaration, MethodSettings

__all__ = ["catalogue_text"]


def catalogue_text() -> str:
    """What the file should hold: the declarations of all methods of this package, as JSON."""
    from .base import list_methods

    listed = list_methods()
    others = [cls for cls in METHODS.values() if cls not in listed]  # what is no choice comes last
    ours = [cls for cls in (*listed, *others) if cls.__module__.startswith(f"{__package__}.")]
    return "[\n" + ",\n".join(map(_entry, ours)) + "\n]\n"


def _entry(cls: type[MethodSettings]) -> str:
    """One method, a line a setting: a change of one is one line of a diff."""
    values = Declaration.of(cls).to_dict()
    fields = values.pop("fields")
    lines = [f"{json.dumps(key)}: {_line(value)}" for key, value in values.items()]
    settings = ",".join(f"\n  {_line(field)}" for field in fields)
    return "{\n " + ",\n ".join([*lines, f'"fields": [{settings}]']) + "\n}"


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


if __name__ == "__main__":
    CATALOGUE.write_text(catalogue_text(), encoding="utf-8")
    print(CATALOGUE)
