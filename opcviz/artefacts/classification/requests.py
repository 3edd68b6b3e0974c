"""Of requests in a row: what the model still answers of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...common.records import Undefined, defined
from ...results import RequestAccuracy, RequestsResult
from ..columns import Column, figure
from ..kind import Kind, register_kind
from .subject import Context

if TYPE_CHECKING:
    from torch import Tensor

    from ...tasks.classification import Observation

__all__ = ["Requests"]


def _most(found: RequestsResult) -> float | Undefined:
    """Of the requests before the newest one, the most that is still answered."""
    known = [each.train for each in found.requests[:-1] if defined(each.train)]
    return max(known) if known else Undefined("there is no earlier request")


@register_kind(
    "requests",
    title="Requests",
    stage="asking for every request of",
    summary="of requests in a row: accuracy on what each of them asked to forget",
    task="classification",
)
class Requests(Kind[Context]):
    """Accuracy on the train and test pictures of each request so far."""

    order = 33
    result = RequestsResult
    scenarios = ("sequence",)
    fields = {
        "requests.requests[].{train,test,samples}": (
            "of requests in a row, in their order: percent of their train and test pictures "
            "answered rightly, and how many train pictures they are"
        ),
    }
    columns = (
        Column(
            "newest",
            figure(RequestsResult, lambda found: found.requests[-1].train),
            tables=("requests",),
            help="accuracy on what the newest request asked to forget, percent",
        ),
        Column(
            "most of the earlier",
            figure(RequestsResult, _most),
            tables=("requests",),
            help="the same of that earlier request of which most is answered",
        ),
    )

    def measure(self, context: Context) -> RequestsResult:
        """Look at the answers to each request's pictures."""
        seen, found = context.subject.outputs, []
        for train, test in context.split.requests:
            right = _share(seen.train, train), _share(seen.test, test)
            found.append(RequestAccuracy(*right, samples=len(train)))
        return RequestsResult(tuple(found))


def _share(seen: Observation, ids: Tensor) -> float | Undefined:
    from ...measures import accuracy

    rows = ids.cpu()
    logits, labels = seen.logits.cpu()[rows], seen.labels.cpu()[rows]
    if not len(rows):
        return Undefined("there are no such pictures")
    if not bool(logits.isfinite().all()):
        return Undefined("the logits are not finite: the model diverged")
    return accuracy(logits, labels)
