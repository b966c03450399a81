"""Numbers that a state or a bank gives a person, by country: python-stdnum's checksums and presidio's patterns.

Which of them are looked for without being told a country is decided by what else would pass. ``rate`` is the share of
random digits of a fitting length that passes (measured, rounded up); a check of ten digits by their remainder of eleven
also passes ISBNs, Luhn's passes payment and device numbers, and a date with four digits behind it passes for order
numbers. Such numbers count without a country only when they are *written* as that country writes them.

Not checked: that a number was ever given to somebody.
"""

from __future__ import annotations

import importlib
import math
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from gateway.raw.detect.patterns import spans
from gateway.vocabulary.entities import Entity

if TYPE_CHECKING:
    from collections.abc import Collection

GATE = re.compile(r"(?=(?:[^0-9]{0,12}[0-9]){4})[A-Za-z0-9][A-Za-z0-9 ./+-]{3,22}[A-Za-z0-9]")
"""Cells that could be one: 5 to 24 characters, at least four of them digits."""
WHOLE = 0.8
"""Share of a cell that presidio's match must cover."""
UNLIKELY = math.log(1e5)
"""A share of matches that chance would bring about once in a hundred thousand columns is not chance."""
DOCUMENT = "document_number"
_STRONG_RATE = 0.025
_CHECKED = "cells pass the checksum of "
_SHAPED = "cells are written like "


@dataclass(frozen=True, kw_only=True)
class Number:
    """One kind of number: whose, how it is checked, and when it is looked for."""

    country: str
    """ISO 3166 code."""
    name: str
    check: str
    """Module of python-stdnum (``de.idnr``), or recognizer of presidio (``DE.module.Class``)."""
    rate: float
    """Share of random digits of a fitting length that passes; .5 and more when there is no checksum."""
    usual: bool = True
    """Looked for without being told the country."""
    written: re.Pattern[str] | None = None
    """How its country writes it, for those that bare digits are not enough for."""
    needs_writing: bool = False
    """Even with its country named, bare digits are not enough: any number would pass."""
    entity: str = Entity.NATIONAL_NUMBER

    def holds(self, cell: str, *, named: bool) -> bool:
        """Tell whether ``cell`` is one; ``named`` when the policy names the country."""
        if self.written is not None and (self.needs_writing or not named) and not self.written.fullmatch(cell):
            return False
        if self.check.count(".") > 1:
            return any(end - start >= WHOLE * len(cell) for start, end in spans(self.check, cell))
        return _valid(self.check, cell)

    @property
    def reason(self) -> str:
        """Return what a match says, without a value."""
        return (_SHAPED if self.rate >= 0.5 else _CHECKED) + f"{self.name} ({self.country})"  # noqa: PLR2004 - no checksum

    def chance(self, *, named: bool) -> float:
        """Return the share of cells of other kinds that may be expected to pass."""
        written = self.written is not None and (self.needs_writing or not named)
        return 0.005 if written else max(self.rate, 0.01)


def _valid(module: str, cell: str) -> bool:
    try:
        return bool(_stdnum(module).is_valid(cell))
    except Exception:  # noqa: BLE001 - a library's failure on a hostile value must neither stop the scan nor quote it
        return False


@cache
def _stdnum(module: str) -> Any:  # noqa: ANN401 - the library ships no types
    return importlib.import_module(f"stdnum.{module}")


def beyond_chance(matched: int, looked: int, *, rate: float) -> bool:
    """Tell whether ``matched`` of ``looked`` cells are more than chance brings when each passes with ``rate``.

    By the Chernoff bound exp(-n KL(share || rate)) on the binomial's tail.
    """
    share = matched / looked
    if share <= rate:
        return False
    rest = (1 - share) * math.log((1 - share) / (1 - rate)) if share < 1 else 0.0
    return looked * (share * math.log(share / rate) + rest) >= UNLIKELY


def numbers_for(countries: Collection[str]) -> tuple[Number, ...]:
    """Return the kinds of numbers that are looked for: the usual ones and all of ``countries``, hardest first."""
    asked = (number for number in NUMBERS if number.usual or number.country in countries)
    return tuple(sorted(asked, key=lambda number: number.rate))


def strong(numbers: Collection[Number], *, named: Collection[str]) -> tuple[Number, ...]:
    """Return those so hard to meet by chance that a column of several countries' numbers is one by their union."""
    return tuple(
        number
        for number in numbers
        if number.rate <= _STRONG_RATE or (number.written is not None and number.country not in named)
    )


def _usual(country: str, name: str, check: str, rate: float = 0.01) -> Number:
    return Number(country=country, name=name, check=check, rate=rate)


def _written(country: str, name: str, check: str, form: str, *, rate: float = 0.12) -> Number:
    return Number(
        country=country, name=name, check=check, rate=rate, written=re.compile(form), needs_writing=rate > 0.2  # noqa: PLR2004 - see ``rate``
    )  # fmt: skip


def _asked(country: str, name: str, check: str, rate: float = 0.12, *, entity: str = Entity.NATIONAL_NUMBER) -> Number:
    return Number(country=country, name=name, check=check, rate=rate, usual=False, entity=entity)


def _account(country: str, name: str, check: str, rate: float = 0.12) -> Number:
    return _asked(country, name, check, rate, entity=Entity.BANK_ACCOUNT)


def _document(country: str, name: str, module: str, class_name: str, rate: float = 0.5) -> Number:
    return _asked(country, name, f"{country}.{module}_recognizer.{class_name}Recognizer", rate, entity=DOCUMENT)


_THREES = r"\d{3}[ .-]\d{3}[ .-]\d{3}"
NUMBERS = (
    _usual("AD", "NRT", "ad.nrt"),
    _usual("AL", "NIPT", "al.nipt"),
    _usual("AR", "CUIT", "ar.cuit", 0.02),
    _account("AR", "CBU", "ar.cbu", 0.01),
    _usual("AT", "Versicherungsnummer", "at.vnr", 0.12),
    _asked("AT", "Steuernummer", "at.tin", 0.05),
    _written("AU", "tax file number", "au.tfn", _THREES),
    _written("AU", "Medicare number", "AU.au_medicare_recognizer.AuMedicareRecognizer", r"\d{4} \d{5} \d"),
    _usual("BE", "rijksregisternummer", "be.nn"),
    _usual("BE", "BIS-nummer", "be.bis"),
    _asked("BE", "identity card", "be.eid", 0.02, entity=DOCUMENT),
    _usual("BG", "EGN", "bg.egn", 0.02),
    _asked("BG", "PNF", "bg.pnf"),
    _usual("BR", "CPF", "br.cpf"),
    _written("CA", "social insurance number", "ca.sin", _THREES),
    _asked("CA", "BC personal health number", "ca.bc_phn", 0.02),
    _usual("CH", "AHV number", "ch.ssn"),
    _written("CL", "RUT", "cl.rut", r"\d{1,2}\.?\d{3}\.?\d{3}-[\dkK]"),
    _usual("CN", "resident identity number", "cn.ric"),
    _written("CO", "NIT", "co.nit", r"\d{3}\.?\d{3}\.?\d{3}-\d"),
    _asked("CU", "NI", "cu.ni", 0.05),
    _written("CZ", "rodné číslo", "cz.rc", r"\d{6}/\d{3,4}", rate=0.15),
    _account("CZ", "číslo účtu", "cz.bankaccount"),
    _usual("DE", "Steuer-Identifikationsnummer", "de.idnr"),
    _usual("DE", "Sozialversicherungsnummer", "DE.de_social_security_recognizer.DeSocialSecurityRecognizer"),
    _usual("DE", "Krankenversichertennummer", "DE.de_health_insurance_recognizer.DeHealthInsuranceRecognizer", 0.1),
    _written("DE", "Steuernummer", "de.stnr", r"\d{2,3}/\d{3,4}/\d{4,5}", rate=1.0),
    _document("DE", "Personalausweis", "de_id_card", "DeIdCard", 0.1),
    _document("DE", "Reisepass", "de_passport", "DePassport", 0.1),
    _document("DE", "Führerschein", "de_fuehrerschein", "DeFuehrerschein"),
    _asked("DK", "CPR", "dk.cpr", 0.05),
    _written("DO", "cédula", "do.cedula", r"\d{3}-\d{7}-\d"),
    _usual("EC", "cédula", "ec.ci", 0.02),
    _usual("EE", "isikukood", "ee.ik"),
    _usual("ES", "DNI", "es.dni", 0.045),
    _usual("ES", "NIE", "es.nie", 0.045),
    _asked("ES", "NIF", "es.nif", 0.05),
    _account("ES", "CCC", "es.ccc", 0.02),
    _document("ES", "pasaporte", "es_passport", "EsPassport"),
    _usual("FI", "henkilötunnus", "fi.hetu"),
    _usual("FR", "NIR", "fr.nir", 0.02),
    _asked("FR", "numéro fiscal", "fr.nif", 0.02),
    _written("GB", "NHS number", "gb.nhs", r"\d{3}[ -]\d{3}[ -]\d{4}"),
    Number(
        country="GB",
        name="National Insurance number",
        check="GB.uk_nino_recognizer.UkNinoRecognizer",
        rate=0.5,
        written=re.compile(r"[A-Za-z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-Da-d]"),
        needs_writing=True,
    ),
    _asked("GB", "UTR", "gb.utr", 0.25),
    _document("GB", "driving licence", "uk_driving_licence", "UkDrivingLicence"),
    _document("GB", "passport", "uk_passport", "UkPassport"),
    _asked("GH", "TIN", "gh.tin", 0.12),
    _usual("GR", "AMKA", "gr.amka", 0.02),
    _asked("GT", "NIT", "gt.nit"),
    _usual("HR", "OIB", "hr.oib", 0.12),
    _usual("ID", "NIK", "id.nik", 0.05),
    _asked("ID", "NPWP", "id.npwp", 0.13),
    _usual("IE", "PPS number", "ie.pps", 0.05),
    _asked("IL", "mispar zehut", "il.idnr"),
    _usual("IN", "Aadhaar", "in_.aadhaar", 0.12),
    _usual("IN", "voter's card", "in_.epic", 0.1),
    _asked("IN", "PAN", "in_.pan", 0.4),
    _document("IN", "passport", "in_passport", "InPassport"),
    _usual("IS", "kennitala", "is_.kennitala"),
    _usual("IT", "codice fiscale", "it.codicefiscale"),
    _document("IT", "patente", "it_driver_license", "ItDriverLicense"),
    _document("IT", "carta d'identità", "it_identity_card", "ItIdentityCard"),
    _document("IT", "passaporto", "it_passport", "ItPassport"),
    _usual("JP", "My Number", "jp.in_", 0.12),
    _asked("KE", "PIN", "ke.pin", 0.5),
    _usual("KR", "resident registration number", "kr.rrn"),
    _document("KR", "passport", "kr_passport", "KrPassport"),
    _usual("LT", "asmens kodas", "lt.asmens", 0.02),
    _asked("LV", "personas kods", "lv.pvn", 0.08),
    _asked("MK", "EMBG", "mk.edb", 0.2),
    _usual("MU", "national identity number", "mu.nid"),
    _usual("MX", "CURP", "mx.curp", 0.1),
    _asked("MX", "RFC", "mx.rfc", 0.1),
    _written("MY", "NRIC", "my.nric", r"\d{6}-\d{2}-\d{4}", rate=0.5),
    _asked("NG", "NIN", "NG.ng_nin_recognizer.NgNinRecognizer"),
    _usual("NL", "BSN", "nl.bsn", 0.12),
    _asked("NL", "identity card", "nl.identiteitskaartnummer", 0.5, entity=DOCUMENT),
    _usual("NO", "fødselsnummer", "no.fodselsnummer"),
    _account("NO", "kontonummer", "no.kontonr"),
    _asked("NZ", "IRD number", "nz.ird"),
    _account("NZ", "bank account", "nz.bankaccount", 0.02),
    _written("PE", "CUI", "pe.cui", r"\d{8}-[\dA-K]", rate=1.0),
    _document("PH", "passport", "ph_passport", "PhPassport"),
    _written("PK", "CNIC", "pk.cnic", r"\d{5}-\d{7}-\d", rate=1.0),
    _usual("PL", "PESEL", "pl.pesel", 0.02),
    _asked("PL", "NIP", "pl.nip"),
    _usual("PT", "NIF", "pt.nif", 0.12),
    _asked("PT", "cartão de cidadão", "pt.cc"),
    _written("PY", "RUC", "py.ruc", r"\d{5,8}-\d"),
    _usual("RO", "CNP", "ro.cnp"),
    _usual("RU", "INN", "ru.inn", 0.12),
    _usual("SE", "personnummer", "se.personnummer"),
    _usual("SG", "NRIC", "SG.sg_fin_recognizer.SgFinRecognizer", 0.1),
    _usual("SI", "EMŠO", "si.emso"),
    _asked("SI", "davčna številka", "si.ddv"),
    _written("SK", "rodné číslo", "sk.rc", r"\d{6}/\d{3,4}", rate=0.15),
    _asked("SV", "NIT", "sv.nit", 0.05),
    _usual("TH", "citizen number", "th.pin", 0.12),
    _usual("TR", "T.C. kimlik", "tr.tckimlik", 0.02),
    _asked("UA", "RNTRC", "ua.rntrc"),
    _written("US", "social security number", "us.ssn", r"\d{3}[- ]\d{2}[- ]\d{4}", rate=0.9),
    _written("US", "ITIN", "us.itin", r"\d{3}[- ]\d{2}[- ]\d{4}", rate=0.03),
    _usual("US", "Medicare beneficiary number", "US.us_mbi_recognizer.UsMbiRecognizer", 0.1),
    _account("US", "routing number", "us.rtn"),
    _document("US", "passport", "us_passport", "UsPassport"),
    _asked("UY", "RUT", "uy.rut", 0.02),
    _asked("VE", "RIF", "ve.rif", 0.12),
    _asked("VN", "MST", "vn.mst"),
    _usual("ZA", "identity number", "za.idnr"),
    _asked("ZA", "tax number", "za.tin", 0.06),
    _document("ZA", "passport", "za_passport", "ZaPassport"),
)
"""Numbers of firms alone, and numbers without checksum or writing of their own, are left out: any key is one of those.
"""
