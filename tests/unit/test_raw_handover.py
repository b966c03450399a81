"""What the door adds to what the judge found."""

from gateway.raw import handover
from gateway.raw.judge.verdict import Judgement
from gateway.vocabulary.digest import canonical_json, sha256


def test_the_digest_of_a_report_tells_nothing_to_who_guesses_its_figures() -> None:
    judgement = Judgement(checks=(), attacks=(), distances={"mean_one_way": 0.125})
    one, two = handover.report(judgement), handover.report(judgement)
    assert one.distances == two.distances
    assert sha256(canonical_json(one.model_dump(mode="json"))) != sha256(canonical_json(two.model_dump(mode="json")))
    assert len(bytes.fromhex(one.blinding)) == 32
