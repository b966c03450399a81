"""What figures mean and what they do not show, in plain words: of the pages' own figures, and of older reports.

Attacks, measures and checks bring their own texts; releases made before those were kept get the ones here.
"""

from __future__ import annotations

import re
from typing import NamedTuple


class Texts(NamedTuple):
    """The two texts of a figure."""

    means: str
    not_shown: str


VERDICT = Texts(
    "Every check was fixed in the policy before anything was run. All of them must pass; a check that could not run "
    "counts as failed. Passing lets you decide. It does not decide for you.",
    "Whether the purpose is a good one, whether the policy asks the right things, and risks that no check looks for.",
)
RELEASED = Texts(
    "These tables would be published. Synthetic rows were drawn from a model and belong to nobody; a table called a "
    "copy holds the rows of production as they are, because the policy says that all may know them.",
    "That a column is here does not say that it is any good. Columns that were made up (names, keys) are filled and "
    "say nothing about anybody.",
)
UNIT = Texts(
    "The promise is made to each of these, with everything they own in all tables together, however much that is.",
    "Two people together are protected half as well, a family of five a fifth as well. A person who is known under two "
    "keys is counted as two. Somebody who is only mentioned in another's row is protected as part of that row.",
)
GUARANTEE = Texts(
    "Whoever attacks may know everybody else's data and have any computer. The table says how sure they can become, at "
    "the very most, that one chosen person is in the data, if they were as sure as in the first column before.",
    "What is true of a whole group is not hidden: if smokers fall ill more often, the tables say so, of smokers who "
    "are in them and of those who are not. With a chance of delta the bound may not hold. Other releases of the same "
    "people add up.",
)
BUDGET = Texts(
    "Each noisy count costs a part of the budget. The bar is what this release spent, and on what: where more was "
    "spent, the noise is smaller.",
    "Where the money would have been better spent. The shares are those of the noise that was drawn; they do not say "
    "how good each part became.",
)
COLUMNS = Texts(
    "For every column: what the policy decided, and what the detection of personal data found by itself. Those where "
    "the policy is less careful than detection proposed come first, with the reason that somebody wrote.",
    "Detection looks at names and at a sample of values, and can miss things. That nothing was found is no proof that "
    "there is nothing.",
)
SHARES = Texts(
    "For each value or range: which share of the real rows has it (dot), and which share of the synthetic rows "
    "(diamond). The nearer the two, the better the column is kept. Real shares are rounded to hundredths.",
    "Each column by itself: two columns may look right and not fit together. Values within one range are not "
    "compared. Being near does not mean that a person's own value was copied: the share of thousands of people is no "
    "secret of one.",
)
NOISY_SHARES = Texts(
    "For each value or range: which share the noisy measurement found (dot), how far noise may have put it from the "
    "truth (line: in 95 of 100 cases the true share is within it), and the share of the synthetic rows (diamond). "
    "Where the diamond lies on the line, the synthetic rows say what was measured.",
    "The true shares; nobody is shown them. Values of a person who was left out to test the attacks. Each line holds "
    "by itself, not all of them at once. Cells that were found because many rows have them tend to look a little too "
    "large.",
)
CORRELATION_MAPS = Texts(
    "How strongly every two columns go together. Orange: high goes with high, or the two tell each other. Blue: high "
    "goes with low. Pale: hardly at all. The two maps should look alike; where they differ, do not trust the synthetic "
    "rows about those two columns. Between words, or words and numbers, there is no direction: 0 to 1.",
    "Grey fields are not known. A correlation is one number: two columns may hang together in ways that it does not "
    "see, and three columns in ways that no two show. It never says what causes what.",
)
PAIR_ERRORS = Texts(
    "Every stroke is a pair of columns: the share of rows that would have to change for the pair to be right. Pairs "
    "that were measured should lie further left than those that were not, which follow from what else was measured.",
    "Which pairs matter for your question. A pair that is far off may be one that nobody asks about, and the other way "
    "round. What three columns do together.",
)
NOISY_ERRORS = Texts(
    "Every stroke is a pair of columns that was measured. Above: how far the synthetic rows are from the noisy "
    "measurement, its noise included: an upper estimate of the error, most of which is often the noise. Below: what is "
    "left when the part that noise explains is taken off: an estimate of the error itself.",
    "The synthetic rows were fitted to these very measurements and may follow some of their noise, so the lower "
    "figure can be too small. The upper one and the noise together are hardly ever exceeded. Pairs that were not "
    "measured have no figure here at all.",
)
SERIES = Texts(
    "How many synthetic rows there are over time, by their own date.",
    "Counts of synthetic rows, not of real ones: single peaks and gaps of a few rows may be noise. What happened "
    "between two dates of one person is another matter.",
)
ATTACKS = Texts(
    "Each line is an attack that was really carried out, with the real rows at hand to see whether it succeeded. The "
    "dot is how much better it did on people whose data was used than on people who were left out beforehand; the "
    "line is what chance leaves open. The short bar is the threshold of the policy: the line's right end has to stay "
    "below it.",
    "Attacks that nobody has thought of. A low figure shows that these attacks failed on these rows, not that there is "
    "none that works; that is what the guarantee above is for.",
)
ATTACK_TABLE = Texts(
    "Success: how often the attack was right about people whose data was used. On others: how often about people who "
    "were left out, which is what the tables give away about anybody. Guessing: how often without the tables. What "
    "counts is by how much success is above the others.",
    "Who would attack, and what they know. Parts of an attack (behind a stroke) are on few people: they can show that "
    "a risk is high, not that it is low.",
)
ACCEPTANCE = Texts(
    "A part of the budget was kept aside to ask, with noise, how far the finished tables are from the real people. It "
    "is the one comparison with real rows that everybody may see.",
    "Single columns or people: it is one figure for each table. A good one does not say that your question is "
    "answered.",
)
AUDIT = Texts(
    "The very program and policy were run on made-up databases that differ in one person, many times, and somebody "
    "tried to tell from the output which one it was. If they could more often than the promise allows, something is "
    "broken.",
    "It can find a broken promise and cannot prove one kept: that the attempt failed is no more than that. The made-up "
    "databases are worst cases by design, and not all there are.",
)
SAMPLE = Texts(
    "The first rows of each table, as they would be published. All of them are made up, also those that look like "
    "somebody you know.",
    "A few rows say little about a table. That a row is plausible is no sign of quality, that one is odd no sign of a "
    "fault.",
)
HISTORY = Texts(
    "Who looked at this release and who decided what, from the log, which nobody can change without being found out.",
    "Looks at the files by somebody with access to the machine itself.",
)
ANSWERS = Texts(
    "Pairs of columns that were measured together, or follow closely from those, are what these tables answer well. "
    "The columns named here were not measured together: what the synthetic rows say about them follows from other "
    "columns, and may be wrong.",
    "Questions about three or more columns at once, about few people, or about one person are answered badly whatever "
    "the list says; about a real person, not at all.",
)
DISTANCE = Texts(
    "How many in a hundred synthetic rows would have to change for the column to be as it was measured (noise "
    "included), what noise alone would make of that, and what is left without it.",
    "Which rows those would be. Where noise is as large as the distance, nothing can be said but that it is no larger.",
)
OWN = {
    "one_way": Texts(
        "The share of rows that would have to change for one column to be as in the real table, on average over all "
        "columns. 0 is the same, 1 is nothing in common.",
        "Whether columns fit together, and how far single columns are off.",
    ),
    "two_way": Texts(
        "The share of rows that would have to change for a pair of columns to be as in the real table, on average over "
        "all pairs.",
        "What three or more columns do together, and which single pairs are far off.",
    ),
    "references": Texts(
        "The share of references that lead to a row that is there. It has to be 1.",
        "Whether the rows that are joined belong together: who points at whom is not learned.",
    ),
    "kept": Texts(
        "Some rows could not keep what their table declares and were left out, with all that belongs to them. This is "
        "the share that stayed.",
        "Whether those that were left out were of a special sort.",
    ),
    "ends": Texts(
        "How many rows lie after the end of the person they belong to. It has to be 0.",
        "Other rules of time that nobody declared.",
    ),
    "usefulness": Texts(
        "A program learned to predict one column, once from the real rows and once from the synthetic ones, and both "
        "were tried on people who were left out. 1: as good from synthetic rows; 0: no better than chance.",
        "Other questions than this one.",
    ),
}
ANY = Texts(
    "A figure held against a threshold that the policy fixed before the run.",
    "Anything else. The release was made by a version that kept no more words about this check.",
)


def of_check(name: str, means: str, not_shown: str) -> Texts:
    """Return the two texts of a check: its own where it has them."""
    kept = OWN.get(name.rpartition(".")[2], ANY)
    return Texts(means or kept.means, not_shown or kept.not_shown)


_MADE = {
    "rows": "{}: how many",
    "first": "{}: when the first",
    "span": "{}: from the first to the last",
    "left": "{}: from the last to the end",
    "there": "{}: whether there is one",
}


def column(name: str) -> str:
    """Return what a column is called: those that tell an owner of what it owns, in words."""
    found = re.fullmatch(r"(.+): (rows|first|span|left|there)", name, re.DOTALL)
    return name if found is None else _MADE[found[2]].format(found[1])
