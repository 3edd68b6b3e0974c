"""Imported last by the process that workers are forked from: what it holds stays where it is.

A garbage collection writes into every object that it looks at, and a page that is written to is no
longer shared with the parent. Frozen objects are not looked at.
"""

import gc

gc.collect()
gc.freeze()
