"""The patterns by which prose is read: forms of contact data and numbers, and words that announce a kind of thing.

Each is linear: repetitions are bounded and what follows a repetition cannot begin like it, or the whole is short.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gateway.raw.detect import faker_lists
from gateway.raw.detect.numbers import numbers_for

if TYPE_CHECKING:
    from collections.abc import Iterator

NOT_NAMES = ("street", "avenue", "road", "ing", "tion", "inc", "ltd", "corp", "company", "university", "bank", "hotel")
"""Endings of words behind a given name that make no full name of the two."""
_CAP = r"[^\W\d_a-zß-öø-ÿ][\w'\u2019.-]{0,24}"
_NAME = rf"{_CAP}(?: [^\W\d_a-z](?:\.|(?=\s)))?(?: {_CAP}){{0,2}}"
_CAPS = rf"{_CAP}(?:(?: and | & | |, ){_CAP}){{0,3}}"
"""Up to four capitalised words. What joins words is never optional: two words without it could be cut anywhere."""
_ANY_WORD = r"[^\W\d_][\w'\u2019-]{0,24}"

EMAIL = re.compile(
    r"(?<![\w.+-])[A-Za-z0-9_À-ɏ][\w.+%'-]{0,63}@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,6}[^\W\d_]{2,24}(?![\w-])"
)
_URL = re.compile(
    r"(?:https?://|www\.)[^\s<>\"')\]]{3,200}(?<![.,;:!?])"
    r"|(?<![\w@./-])(?:[a-zA-Z0-9][a-zA-Z0-9-]{0,40}\.){1,3}(?:com|org|net|edu|gov|info|io|de|fr|uk|eu|ch|at|nl|es|it)"
    r"(?:/[^\s<>\"')\]]{0,150})?(?![\w@-])",
    re.IGNORECASE,
)
_IP = re.compile(
    r"(?<![\w.])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![\w.]?[0-9])"
    r"|(?<![\w:])(?:[0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}(?![\w:])"
    r"|(?<![\w:])(?:[0-9a-fA-F]{1,4}:){1,6}(?::[0-9a-fA-F]{1,4}){1,6}(?![\w:])"
)
_MAC = re.compile(r"(?<![\w:-])[0-9a-fA-F]{2}(?:[:-][0-9a-fA-F]{2}){5}(?![\w:-])")
_IBAN = re.compile(r"(?<!\w)[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?!\w)", re.IGNORECASE)
_CARD = re.compile(r"(?<![\w-])[0-9](?:[ -]?[0-9]){11,18}(?![\w-])")
_SSN = re.compile(r"(?<![\w-])[0-9]{3}-[0-9]{2}-[0-9]{4}(?![\w-])")
_NUMBER = re.compile(r"(?<![\w./-])[A-Z0-9][A-Z0-9./-]{6,18}[A-Z0-9](?![\w-])", re.IGNORECASE)
_PHONE = re.compile(r"(?<![\w.,/-])(?:\+|00)?\(?[0-9](?:[ ()./-]{0,3}[0-9]){5,14}(?![\w-]|[.,/][0-9])")
_PHONE_SIGN = re.compile(r"[+(]|0[0-9]|[0-9]{3}[.-][0-9]{3}[.-][0-9]{4}|(?:[0-9]{2}[ .-]){3}")
_PHONE_CUE = re.compile(
    r"\b(?:call|phone|tel|telephone|mobile|cell|fax|ring|reach|contact|dial|text|sms|messages?|whatsapp|number|hotline|"
    r"answering|office|desk|telefon|handy|téléphone|teléfono|móvil|telefoon|cellulare)\b",
    re.IGNORECASE,
)
_CARD_CUE = re.compile(
    r"\b(?:card|visa|mastercard|amex|credit|debit|karte|carte|tarjeta|carta|cartão|cc)\b", re.IGNORECASE
)
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    r"nov(?:ember)?|dec(?:ember)?|januar|februar|märz|mai|juni|juli|oktober|dezember|enero|febrero|marzo|abril|mayo"
    r"|junio|"
    r"julio|agosto|septiembre|octubre|noviembre|diciembre|janvier|février|mars|avril|juin|juillet|août|septembre"
    r"|octobre|"
    r"novembre|décembre)"
)
_DATE = re.compile(
    rf"(?<![\w./-])(?:[0-9]{{4}}-[0-9]{{1,2}}-[0-9]{{1,2}}(?:[ T][0-9]{{2}}:[0-9]{{2}}(?::[0-9]{{2}})?)?"
    rf"|[0-9]{{1,2}}([./-])[0-9]{{1,2}}\1(?:[0-9]{{4}}|[0-9]{{2}})"
    rf"|[0-9]{{1,2}}(?:st|nd|rd|th|\.)? (?:of )?{_MONTH}\.?(?:,? [0-9]{{4}})?"
    rf"|{_MONTH}\.? [0-9]{{1,2}}(?:st|nd|rd|th)?(?:,? [0-9]{{4}})?|{_MONTH} (?:of )?[0-9]{{4}})(?![\w/-])",
    re.IGNORECASE,
)
_WEEKDAY = re.compile(
    r"\b(?:on |next |last |this |we'll meet )((?:mon|tues|wednes|thurs|fri|satur|sun)day)\b", re.IGNORECASE
)
_YEAR = re.compile(
    r"\b(?:in|of|during|since|until|by|from|is a|before|after|circa|year|to) ((?:19|20)[0-9]{2})(?![\w/%-]|[.,][0-9])",
    re.IGNORECASE,
)
_BORN = re.compile(r"\b(?:born|birth|birthday|dob|geboren|née?|nacid[oa]|nat[oa])\b", re.IGNORECASE)
_AGE = re.compile(
    r"\b(?:age[ds]?(?: of| is)?:? |turn(?:ed|ing|s)? |i'?m (?:now )?(?:already )?|she'?s |he'?s |when (?:he|she"
    r"|i) (?:was|turned) "
    r"|(?:is|was) (?:only |just |already )?(?=[0-9]{1,3}(?:[.,!?]|$)))([0-9]{1,3})\b(?![./:%-][0-9]|[0-9])"
    r"|\b([0-9]{1,3})(?=(?:[ -]?(?:years?|yrs?|y/?o)\b(?:[ -]?old\b| of age)?|[ -]?jahre alt|[ -]jährig| ans\b"
    r"| años\b))",
    re.IGNORECASE,
)
TITLES = (
    r"(?:Mr|Mrs|Ms|Mx|Miss|Dr|Prof|Professor|Doctor|Sir|Madam|Rev|Reverend|Hon|Capt|Captain|Sgt|Lt|Col|Herr|Frau"
    r"|Fräulein|"
    r"Señora?|Sra?|Mme|Mlle|Monsieur|Madame|Signora?|Sig|Dott|Dhr|Mevr|Mevrouw)"
)
_TITLED = re.compile(rf"\b({TITLES}\.?) ({_NAME})")
_TITLED_SMALL = re.compile(rf"\b((?:mr|mrs|ms|dr|prof)\.) ({_ANY_WORD})")
_SELF = re.compile(
    rf"\b(?i:my (?:full )?name is|name:|called|named (?:him|her|them|it|after)|i am|i'?m|this is|dear|hi|hello|hey"
    rf"|regards,?|"
    rf"sincerely,?|signed|name on (?:the )?(?:card|account)(?: is)?|maiden name is|partner'?s name|change it to"
    rf"|correct it to|"
    rf"maybe it'?s under|follow up with|spoke (?:to|with)|seen by|ask(?:ed)? for|why is|have you heard|influenced by"
    rf"|starring|"
    rf"directed by|said to|patient|guardian|contact)"
    rf":? (?:{TITLES}\.? )?({_NAME})"
)
_SAID = re.compile(
    rf"\b({_CAP}(?: {_CAP})?) (?:said|says|told|asked|shouted|replied|wrote|lives|lived|married|was born|phoned)\b"
)
_SPEAKER = re.compile(rf"^[>*? ]{{0,5}}({_CAP}(?: {_CAP}){{0,2}}): ", re.MULTILINE)
_SECONDARY = re.compile(
    r"(?<!\w)(?:(?:USS|USNS|USNV|USCGC) [^\W\d_][\w'-]{1,24}(?=\s+[AFD]PO )|PSC [0-9]{1,5},? Box [0-9]{1,6}"
    r"|Unit [0-9]{1,5},? Box [0-9]{1,6}|(?:APO|FPO|DPO),? (?:AA|AE|AP) [0-9]{5}"
    r"|(?:apt|apartment|suite|ste|unit|flat|floor|p\.? ?o\.? box|postbox|postfach|apartado|bo[iî]te postale|pmb)\.? ?#?"
    r"[0-9]{1,6}[a-z]?)(?!\w)",
    re.IGNORECASE,
)
_SUFFIXES = (
    r"(?:street|st|avenue|ave|road|rd|drive|dr|lane|ln|boulevard|blvd|court|ct|way|plaza|parkway|pkwy|square|sq"
    r"|terrace|"
    r"crescent|close|place|pl|highway|hwy|circle|cir|trail|grove|gardens|row|mews|quay|u|utca|út|tér|gate|vei|katu|tie)"
)
_GLUED = (
    r"(?:stra(?:ss|ß)e|str|gasse|weg|platz|allee|ring|damm|gatan|gata|vägen|vägen|väg|vegen|veien|vej|vei|vænget"
    r"|gade|katu|tie|"
    r"straat|laan|plein|gracht|kade|dijk|stræde|allé|stræti|götu|braut|götu|utca)"
)
_PREFIXES = (
    r"(?:rue|avenue|boulevard|chemin|place|allée|impasse|quai|calle|carrera|avda|avenida|paseo|plaza|camino|via"
    r"|viale|piazza|"
    r"corso|vicolo|largo|strada|rua|travessa|praça|ul|ulica|al|aleja|os|piața|strada|r|rúa|quadra|cesta)"
)
_STREET = re.compile(
    rf"(?<!\w)[0-9]{{1,6}}[a-z]?,? (?:{_ANY_WORD}\.? ){{1,4}}?{_SUFFIXES}\b\.?"
    rf"|(?<!\w)(?:[0-9]{{1,6}} )?(?:(?-i:{_CAP})[ -]){{0,2}}[^\W\d_]{{2,24}}{_GLUED}\.? [0-9]{{1,5}}[a-z]?\b"
    rf"|(?<!\w)(?:[0-9]{{1,6}},? )?{_PREFIXES}\.? (?:{_ANY_WORD}[ -]){{0,4}}{_ANY_WORD},? [0-9]{{1,5}}[a-z]?\b"
    rf"|(?<!\w)[0-9]{{1,6}},? {_PREFIXES}\.? (?:d[eui]s? |d[el]l?[ao]?s? |l[ae] )?{_CAP}(?: {_CAP}){{0,2}}",
    re.IGNORECASE,
)
_CORNER = re.compile(r"\bthe corner of ([\w' ./-]{3,40}? and [\w'-]{2,25}(?: [\w'-]{2,25})?)", re.IGNORECASE)
_ADDRESS_CUE = re.compile(
    rf"\b(?:address(?: is)?:?|lives? (?:at|on)|living at|located at|office is at|restaurant is at|meet (?:me "
    rf"|you )?at|drops you off at|return to|taxi to|sent? to|move(?:d)? to|side of|enter on) "
    rf"([0-9]{{1,6}}[a-z]? {_CAP}(?: {_CAP}){{0,3}}(?: [0-9]{{1,5}}\b)?|(?:{_CAP} ){{1,4}}[0-9]{{1,5}}\b)"
)
_LINE = re.compile(
    rf"^[>? ]{{0,6}}([0-9]{{1,6}} (?:{_ANY_WORD}[. ]{{1,2}}){{1,4}}[0-9]{{1,5}}\.?"
    rf"|[0-9]{{2,6}} [0-9]{{1,4}} {_ANY_WORD}(?:\.? {_ANY_WORD}){{0,3}}\.?)$",
    re.MULTILINE,
)
_ZIP = re.compile(
    r"\b(?:zip(?: ?code)?|post ?code|postal code|plz|cap|code postal|código postal|postnummer)(?: is|:)? "
    r"([A-Z0-9]{2,5}(?:[ -][A-Z0-9]{2,4})?)\b",
    re.IGNORECASE,
)
_ZIP_ALONE = re.compile(
    r"(?<![\w#-])(?:[0-9]{5}-[0-9]{4}|[A-Z]{1,2}[0-9][A-Z0-9]? [0-9][A-Z]{2}|[A-Z][0-9][A-Z] [0-9][A-Z][0-9])(?!\w)"
)
_ORGANISATION = re.compile(
    rf"(?<!\w)(?!The )((?:{_CAP}(?: (?:and|&|of|the|de|und) |,? )){{0,4}}{_CAP},? (?:Inc\.?|Incorporated|Ltd\.?"
    rf"|Limited|LLC|LLP|PLC|Plc|Corp\.?|"
    r"Corporation|Co\.?|Company|GmbH|AG|KG|SE|S\.A\.|SA|SARL|S\.r\.l\.|SpA|B\.V\.|BV|N\.V\.|AB|Oy|ApS|A/S|AS|Group"
    r"|Holdings?|"
    r"Partners|Associates|Foundation|Institute|University|College|Hospital|Bank|Insurance|Airlines|Technologies"
    r"|Solutions|"
    r"Systems|Services|Consulting|Enterprises|Industries|Labs?|Laboratories|Software|Investments?|Capital|Ventures"
    r"|Media|"
    r"Networks?|Pharmaceuticals?|Motors|and Sons|& Sons|e\.V\.))(?![\w])"
)
_EMPLOYED = re.compile(
    r"\b(?:works? (?:for|at|with)|working (?:for|at|with)|worked (?:for|at|with)|employed (?:by|at)|ceo of"
    r"|founder of|founded|a year at|job at|"
    rf"employee of|joined|invested in|looking to support|intern at|director of|manager at) ({_CAPS})"
)
_FIRM = re.compile(
    rf"(?:\A|[.!?\n] ?|The |the |and |, )(?!The )({_CAP}(?:(?: and | & | |, ){_CAP}){{0,3}}?)(?:'s)?(?= (?:office|stock"
    rf"|shares|headquarters|"
    r"employees?|customers?|board|CEO|CFO|CTO|"
    r"is (?:an?|the) (?:\w+ ){0,3}(?:company|agency|firm|brainchild|multinational|start-?up|provider|bank"
    r"|organi[sz]ation|"
    r"corporation|studio|charity|manufacturer|retailer|brand)|was (?:founded|acquired|sold)|invest(?:s|ed)|announced"
    r"|acquired|"
    r"launched|hired|merged|sued|Orchestra|Museum|Museums|Group)\b)"
)
_FIRM_CUE = re.compile(
    rf"\b(?i:(?:ceo|cfo|cto|chairman|president|head|founder|director|employees?|customers?|subsidiary"
    rf"|members?) (?:of|at)|"
    rf"company|firm|start-?up|employer|agency|brand|(?:later|now) (?:became|called|known as)|acquired by|bought by"
    rf"|owned by|"
    rf"invoice from|contract with|account (?:with|at)|job at|hired by|fired (?:by|from)|interview (?:at|with)"
    rf"|intern(?:ship)? at|"
    rf"following year at|career at|worked? (?:for|at)) (?:called )?(?!The )({_CAPS})"
)
_PLACED = re.compile(
    rf"\b(?i:travel(?:l?ing|l?ed)? to|fl(?:y|ies|ew|ying) to|mov(?:e|es|ed|ing) (?:here )?(?:to|from)|born in"
    rf"|lives? in|lived in|living in|based in|"
    rf"located in|arrived (?:in|at|from)|originally from|grew up in|return(?:ed)? to|trip to|welcome to|city of"
    rf"|town of|"
    rf"village of|state of|home city|citizens? of|visit(?:ed|ing)?|concert in|held in|university of|"
    rf"from all over|office in|suburb of|district of|mayor of|i am in|i'?m in|coming to|leaving"
    rf"|here in) ({_CAP}(?:[ -](?:d[eu]l? |la |upon |sur |am )?{_CAP}){{0,2}})"
)
_IN_PLACE = re.compile(rf"\b(?:in|from|near|to|at) ({_CAP}(?:[ -]{_CAP}){{0,2}})")
_KIN = re.compile(
    rf"\b(?i:brother|sister|father|mother|dad|mum|mom|son|daughter|wife|husband|partner|friend|boss|colleague|uncle"
    rf"|aunt|cousin|"
    rf"neighbou?r|nephew|niece|grandmother|grandfather|singer|songwriter|actor|actress|player|author|writer"
    rf"|founders?|director|"
    rf"assistant to|married to|between|by) (?:was called |is called |called |named )?({_NAME})"
)
_OCCUPIED = re.compile(
    rf"(?:{_CAP} ){{1,3}}?{_CAP}, the ([A-Z][\w-]{{2,20}}(?: [\w-]{{2,20}}){{0,3}}), (?=said|says|told)"
)
PLACE_WORDS = re.compile(r"(?<!\w)[^\W\d_a-z][^\W\d_]{2,20}(?: (?:and |of |the )?[^\W\d_a-z][^\W\d_]{1,20}){0,2}")
_DRIVER = re.compile(
    r"\b(?:driver'?s?'? licen[cs]e|driving licen[cs]e|licen[cs]e|passport|führerschein|reisepass|ausweis"
    r"|permis de conduire|"
    r"id card|identity card)(?: ?(?:number|no\.?|nr\.?|#))?(?: is|:)? ([A-Z]{0,3}[0-9][A-Z0-9-]{4,18})\b",
    re.IGNORECASE,
)
PEOPLES = re.compile(
    r"\b(?:(?:afghan|alban|alger|americ|angol|argentin|armen|asi|austral|austr|baham|belg|bolivi|bosni|brazil|bulgar"
    r"|cambod|"
    r"canad|chile|colombi|costa ric|croat|cub|cypr|dominic|ecuador|egypt|eston|ethiop|europ|georg|german|ghana"
    r"|guatemal|hait|"
    r"hungar|indi|indones|ir|iraq|ital|jama|jordan|kenya|kore|kosov|latv|liber|liby|lithuan|macedon|malays|maurit"
    r"|mexic|"
    r"moldov|mongol|morocc|namib|nicaragu|niger|norweg|palestin|panama|paraguay|peruv|roman|russ|rwand|saud|serb"
    r"|singapor|"
    r"slovak|sloven|somal|south afric|afric|sri lank|syr|tanzan|tibet|tunis|ugand|ukrain|uruguay|venezuel|victor|yemen|"
    r"zambi|zimbabw)(?:ian|ean|an|ese|i|n)s?"
    r"|(?:belgi|bahrain|iraq|israel|kuwait|pakistan|bangladesh|qatar|omani|saud|somal|yemen|nepal|emirat)(?:i|an|ian)s?"
    r"|(?:chin|japan|vietnam|portugu|leban|malt|sudan|senegal|nepal|burm|congol|taiwan|cameroon)ese"
    r"|(?:span|brit|dan|engl|finn|ir|jew|pol|scott|swed|turk|kurd|flem|wel|corn)(?:ish|sh)|french|dutch|czech|greek"
    r"|swiss|"
    r"thai|hispanic|latin[oa]s?|arab|arabic|greenlandic|iceland(?:ic|ers?)|filipin[oa]s?|chechen|beli[zs][ei]an"
    r"|cypriot|slovene|"
    r"serb|croat|turk|kurd|dane|swede|spaniard|briton|scot|pole|finn"
    r"|(?:muslim|christian|catholic|protestant|hindu|buddhist|sikh|shi'?i(?:te)?|sunni|mormon|atheist|democrat"
    r"|republican|"
    r"communist|liberal|conservative|socialist)s?)\b",
    re.IGNORECASE,
)
_FEWEST_DIGITS = 7
"""Digits of the shortest national numbers."""
_LOCAL_DIGITS = 7
"""A number of no more digits has no area in it, and could be anything unless it is announced."""
_NATIONAL = tuple(number for number in numbers_for(()) if number.chance(named=False) <= 0.025)  # noqa: PLR2004 - hard to meet by chance


_TRIO = re.compile(rf"\b(?:from|for|at|with|by) ({_CAP}, {_CAP} and {_CAP})")
_JOB_LINE = re.compile(
    r"^[>*? ]{0,5}([A-Z][\w-]{2,20}(?:[ ,]{1,2}(?:and |of |the )?[a-z][\w-]{2,20}){0,4})$", re.MULTILINE
)


def formed(text: str) -> Iterator[tuple[str, int, int]]:
    """Find what has a form of its own: addresses of mail and net, cards, accounts, numbers, dates."""
    if "@" in text:
        yield from _hits("email", EMAIL, text)
    yield from _hits("url", _URL, text)
    if any(map(str.isdigit, text)):
        yield from _formed_of_digits(text)


def _formed_of_digits(text: str) -> Iterator[tuple[str, int, int]]:
    yield from _hits("ip_address", _IP, text)
    yield from _hits("device", _MAC, text)
    for hit in _IBAN.finditer(text):
        if hit.group().isupper() or _mod97(hit.group()):
            yield "bank_account", hit.start(), hit.end()
    for hit in _CARD.finditer(text):
        if _luhn(hit.group()) or _CARD_CUE.search(text, max(0, hit.start() - 30), hit.start()):
            yield "credit_card", hit.start(), hit.end()
    yield from _hits("national_number", _SSN, text)
    yield from _groups("document_number", _DRIVER, text)
    for hit in _DATE.finditer(text):
        yield _dated(text, hit.start()), hit.start(), hit.end()
    yield from (("national_number", *hit.span()) for hit in _NUMBER.finditer(text) if _is_national(hit.group()))
    yield from _groups("event_date", _YEAR, text)
    yield from _groups("age", _AGE, text)
    yield from _groups("post_code", _ZIP, text)


def _is_national(written: str) -> bool:
    if sum(map(str.isdigit, written)) < _FEWEST_DIGITS or _DATE.fullmatch(written):
        return False
    return any(number.holds(written, named=False) for number in _NATIONAL)


def phones(text: str) -> Iterator[tuple[int, int]]:
    """Find numbers written like a phone's, or announced as one."""
    for hit in _PHONE.finditer(text):
        digits = sum(map(str.isdigit, hit.group()))
        cued = _PHONE_CUE.search(text, max(0, hit.start() - 40), hit.start())
        if cued or (digits > _LOCAL_DIGITS and _PHONE_SIGN.match(hit.group())):
            yield hit.start(), hit.end()


def addresses(text: str) -> Iterator[tuple[int, int]]:
    """Find streets, flats, boxes and what is said to be an address."""
    for pattern in (_SECONDARY, _STREET, _CORNER):
        yield from (hit.span() for hit in pattern.finditer(text))
    for pattern in (_ADDRESS_CUE, _LINE):
        yield from ((start, end) for _, start, end in _groups("", pattern, text))


def _dated(text: str, at: int) -> str:
    return "birth_date" if _BORN.search(text, max(0, at - 40), at) else "event_date"


def announced(text: str) -> Iterator[tuple[str, int, int]]:
    """Find what words around it make plain: titles and the names behind them, firms by their ending, peoples, years."""
    yield from _groups("company", _ORGANISATION, text)
    yield from _groups("company", _TRIO, text)
    yield from _groups("company", _EMPLOYED, text)
    yield from _groups("company", _FIRM, text)
    yield from _groups("company", _FIRM_CUE, text)
    yield from _groups("person_title", _OCCUPIED, text)
    for pattern in (_TITLED, _TITLED_SMALL):
        for hit in pattern.finditer(text):
            yield "person_title", hit.start(1), hit.end(1)
            yield "full_name", hit.start(2), hit.end(2)
    heads = faker_lists.occupation_heads()
    for hit in _JOB_LINE.finditer(text):
        words = hit.group(1).lower().replace(",", "").split()
        if len(words) > 1 and {words[-1], words[-1].removesuffix("s")} & heads:
            yield "person_title", hit.start(1), hit.end(1)
    yield from _hits("nationality", PEOPLES, text)
    yield from _groups("event_date", _WEEKDAY, text)
    yield from _hits("post_code", _ZIP_ALONE, text)


def introduced(text: str) -> Iterator[tuple[int, int]]:
    """Find capitalised words where a name is to be expected: ``my name is``, ``said``, a speaker before a colon."""
    given, family, ordinary = faker_lists.given_names(), faker_lists.family_names(), faker_lists.ordinary()
    for hit in _SELF.finditer(text):
        if hit.group(1).split(" ")[0].lower() not in faker_lists.NO_NAMES:
            yield hit.span(1)
    for pattern in (_SAID, _SPEAKER, _KIN):
        for hit in pattern.finditer(text):
            first = hit.group(1).split(" ")[0].lower()
            if first not in ordinary and (first in given or first in family):
                yield hit.span(1)


def placed(text: str) -> Iterator[tuple[int, int]]:
    """Find capitalised words where a place is to be expected, and listed towns behind ``in`` or ``from``."""
    for hit in _PLACED.finditer(text):
        if hit.group(1).split(" ")[0].lower() not in faker_lists.NO_NAMES:
            yield hit.span(1)
    cities, ordinary = faker_lists.cities(), faker_lists.ordinary()
    for hit in _IN_PLACE.finditer(text):
        parts = hit.group(1).split(" ")
        for size in range(len(parts), 0, -1):
            candidate = " ".join(parts[:size]).rstrip(".'")
            if candidate.lower() in cities and candidate.lower() not in ordinary:
                yield hit.start(1), hit.start(1) + len(candidate)
                break


def _hits(entity: str, pattern: re.Pattern[str], text: str) -> Iterator[tuple[str, int, int]]:
    for hit in pattern.finditer(text):
        yield entity, hit.start(), hit.end()


def _groups(entity: str, pattern: re.Pattern[str], text: str) -> Iterator[tuple[str, int, int]]:
    """Yield what the group of each hit holds, without blanks and stops at its end."""
    for hit in pattern.finditer(text):
        at = hit.lastindex or 0
        kept = hit.group(at).rstrip(" ,.;:-") if not _DOTTED.search(hit.group(at)) else hit.group(at)
        yield entity, hit.start(at), hit.start(at) + len(kept)


_DOTTED = re.compile(r"(?:Inc|Ltd|Corp|Co|[A-Z]\.[A-Z])\.\Z")


def _mod97(written: str) -> bool:
    compact = written.replace(" ", "")
    return int("".join(str(int(each, 36)) for each in compact[4:] + compact[:4])) % 97 == 1


def _luhn(written: str) -> bool:
    digits = [int(each) for each in written if each.isascii() and each.isdigit()]
    doubled = sum(sum(divmod(2 * digit, 10)) for digit in digits[-2::-2])
    return len(set(digits)) > 1 and (sum(digits[::-2]) + doubled) % 10 == 0
