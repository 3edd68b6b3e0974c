"""Threads: how those of the numeric libraries wait, and work that several of ours share.

Nothing here loads torch before it is needed: how threads wait is decided before.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable, MutableMapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import TypeVar

__all__ = ["limited_threads", "patient_threads", "side_by_side"]

MOST = 4
"""Pieces of work at once."""

T = TypeVar("T")
R = TypeVar("R")


def patient_threads(environ: MutableMapping[str, str] | None = None) -> None:
    """Let threads that wait sleep instead of spinning, unless the environment says otherwise.

    An operator ends when the last of its threads does. A thread that spins meanwhile keeps a core
    from whoever has the work: beside one other busy process two threads then fall to a fraction of
    what one alone does. OpenMP reads this once, when it is loaded.

    Args:
        environ: of a process to be started; None: of this one and those it starts.
    """
    environ = os.environ if environ is None else environ
    environ.setdefault("OMP_WAIT_POLICY", "passive")


def limited_threads(count: int) -> AbstractContextManager[object]:
    """Keeps the libraries that compute, but for torch, to so many threads.

    Those with a pool of threads of their own are loaded first: a limit holds for what is there.
    """
    import scipy.linalg  # noqa: F401 - a BLAS of its own
    import sklearn.ensemble  # noqa: F401 - an OpenMP of its own
    from threadpoolctl import threadpool_limits  # of scikit-learn

    limits: AbstractContextManager[object] = threadpool_limits(count)
    return limits


def side_by_side(work: Callable[[T], R], items: Iterable[T], quiet: Sequence[str] = ()) -> list[R]:
    """What `work` makes of each item, in order; several at once where torch has several threads.

    Fits of scikit-learn take one core whatever there is, and small ones of torch gain little by a
    second: two fits at once use both. The threads are shared out among at most `MOST` of them, for
    each takes memory. With one thread they are done one after the other in this one.

    Args:
        work: does not depend on other items.
        items: what it is given.
        quiet: how warnings begin that are not shown. What a piece of work ignores by itself another
            one shows again at its end: filters are the process's, not a thread's.

    Raises:
        Exception: the first that `work` raises; what was not begun then is not done.
    """
    import torch

    items, threads = list(items), torch.get_num_threads()
    workers = min(threads, len(items), MOST)
    if workers < 2:
        return [work(item) for item in items]
    grad = torch.is_grad_enabled()  # a thread's own, as its number of threads is

    def sharing(item: T) -> R:
        torch.set_num_threads(threads // workers)
        with torch.set_grad_enabled(grad), limited_threads(threads // workers):
            return work(item)

    pool = ThreadPoolExecutor(workers)
    try:
        # what each of them gives back at its end is this
        with limited_threads(threads // workers), warnings.catch_warnings():
            for beginning in quiet:
                warnings.filterwarnings("ignore", beginning)
            return list(pool.map(sharing, items))
    finally:
        pool.shutdown(cancel_futures=True)
        torch.set_num_threads(threads)
