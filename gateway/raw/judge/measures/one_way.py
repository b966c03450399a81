"""How far columns are from the real ones, each by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.raw.judge.measure import Comparison, Measured

if TYPE_CHECKING:
    from gateway.policy.criteria import CriteriaClause
    from gateway.raw.judge.compared import Compared


class OneWay:
    """The mean total variation distance of the columns, ``utility.distances``; of owned tables also rows per owner."""

    name = "one_way"
    question = "How far apart are the real and the synthetic distribution of a column, on average?"
    means = (
        "0: every value, or range of numbers, is as frequent as among the real rows. 1: the columns have nothing in "
        "common. 0.1 says that one row in ten would have to be changed to make them alike."
    )
    not_shown = (
        "Whether values come together as they really do: shuffling every column by itself changes nothing here. Two "
        "halves of the real rows are not at 0 either; the fewer rows, the further apart they are."
    )
    better = Comparison.AT_MOST

    def run(self, compared: Compared, criteria: CriteriaClause) -> Measured:  # noqa: ARG002 - the contract's
        """Compare."""
        if (found := compared.relations) is None:
            columns = compared.near.one_way
            return Measured(value=compared.near.mean_one_way, figures={str(name): d for name, d in columns.items()})
        figures = {str(name): d for name, d in found.within.one_way.items()} if found.within else {}
        return Measured(value=found.mean_one_way, figures={"rows per owner": found.rows, **figures})


plugin = OneWay
