"""Values as the shop takes, stores and shows them: money, phone numbers, e-mail addresses, countries, times."""

from __future__ import annotations

import re
import time
import unicodedata
from calendar import timegm
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

NO_CENTS = frozenset("BIF CLP DJF GNF JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".split())
EMAIL = re.compile(r"[^@\s,;<>()\[\]]+@[^@\s,;<>()\[\]]+\.[^@\s.,;<>()\[\]]{2,}$")

COUNTRIES = {code: name for code, name in (line.split(" ", 1) for line in """\
AD Andorra|AE United Arab Emirates|AL Albania|AM Armenia|AR Argentina|AT Austria|AU Australia|AZ Azerbaijan
BA Bosnia & Herzegovina|BD Bangladesh|BE Belgium|BG Bulgaria|BH Bahrain|BO Bolivia|BR Brazil|BY Belarus|CA Canada
CH Switzerland|CL Chile|CN China|CO Colombia|CR Costa Rica|CY Cyprus|CZ Czechia|DE Germany|DK Denmark
DO Dominican Republic|DZ Algeria|EC Ecuador|EE Estonia|EG Egypt|ES Spain|FI Finland|FR France|GB United Kingdom
GE Georgia|GH Ghana|GR Greece|GT Guatemala|HK Hong Kong SAR|HN Honduras|HR Croatia|HU Hungary|ID Indonesia|IE Ireland
IL Israel|IN India|IS Iceland|IT Italy|JM Jamaica|JO Jordan|JP Japan|KE Kenya|KR South Korea|KW Kuwait|KZ Kazakhstan
LB Lebanon|LI Liechtenstein|LK Sri Lanka|LT Lithuania|LU Luxembourg|LV Latvia|MA Morocco|MC Monaco|MD Moldova
ME Montenegro|MK North Macedonia|MT Malta|MX Mexico|MY Malaysia|NG Nigeria|NI Nicaragua|NL Netherlands|NO Norway
NZ New Zealand|OM Oman|PA Panama|PE Peru|PH Philippines|PK Pakistan|PL Poland|PT Portugal|PY Paraguay|QA Qatar
RO Romania|RS Serbia|SA Saudi Arabia|SE Sweden|SG Singapore|SI Slovenia|SK Slovakia|SV El Salvador|TH Thailand
TN Tunisia|TR Türkiye|TW Taiwan|TZ Tanzania|UA Ukraine|US United States|UY Uruguay|UZ Uzbekistan|VE Venezuela
VN Vietnam|ZA South Africa""".replace("\n", "|").split("|"))}
ALIASES = {
    "uk": "GB",
    "great britain": "GB",
    "england": "GB",
    "usa": "US",
    "united states of america": "US",
    "czech republic": "CZ",
    "turkey": "TR",
    "holland": "NL",
    "the netherlands": "NL",
}
BY_NAME = {**{name.lower(): code for code, name in COUNTRIES.items()}, **ALIASES}

ZONES = {
    country: {code: name for code, name in (part.split(" ", 1) for part in text.split("|"))}
    for country, text in {
        "US": "AL Alabama|AK Alaska|AZ Arizona|AR Arkansas|CA California|CO Colorado|CT Connecticut|DE Delaware"
        "|DC District of Columbia|FL Florida|GA Georgia|HI Hawaii|ID Idaho|IL Illinois|IN Indiana|IA Iowa|KS Kansas"
        "|KY Kentucky|LA Louisiana|ME Maine|MD Maryland|MA Massachusetts|MI Michigan|MN Minnesota|MS Mississippi"
        "|MO Missouri|MT Montana|NE Nebraska|NV Nevada|NH New Hampshire|NJ New Jersey|NM New Mexico|NY New York"
        "|NC North Carolina|ND North Dakota|OH Ohio|OK Oklahoma|OR Oregon|PA Pennsylvania|RI Rhode Island"
        "|SC South Carolina|SD South Dakota|TN Tennessee|TX Texas|UT Utah|VT Vermont|VA Virginia|WA Washington"
        "|WV West Virginia|WI Wisconsin|WY Wyoming",
        "CA": "AB Alberta|BC British Columbia|MB Manitoba|NB New Brunswick|NL Newfoundland and Labrador"
        "|NT Northwest Territories|NS Nova Scotia|NU Nunavut|ON Ontario|PE Prince Edward Island|QC Quebec"
        "|SK Saskatchewan|YT Yukon",
    }.items()
}


# ---------------------------------------------------------------------- money


def cents(value: Any, currency: str = "USD") -> Decimal:
    """Rounded half up to the currency's smallest unit."""
    step = Decimal(1) if currency in NO_CENTS else Decimal("0.01")
    return Decimal(str(value)).quantize(step, rounding=ROUND_HALF_UP)


def money(value: Any) -> str:
    """The scalar Money, as in variant.price: always two digits."""
    return format(cents(value), "f")


def amount(value: Any, currency: str = "USD") -> str:
    """The scalar Decimal of MoneyV2.amount: no trailing zeros but one, so 12.00 is shown as "12.0"."""
    whole, _, fraction = format(cents(value, currency), "f").partition(".")
    return whole + "." + (fraction.rstrip("0") or "0")


def bag(value: Any, currency: str) -> dict:
    one = {"amount": amount(value, currency), "currencyCode": currency}
    return {"shopMoney": one, "presentmentMoney": one}


# ---------------------------------------------------------------------- people and places


def email_ok(text: str) -> bool:
    return len(text) <= 255 and EMAIL.match(text) is not None


def phone_of(text: str | None, country: str = "US") -> str | None:
    """E.164, or None when it is no telephone number. Numbers without + are read as the shop's country's."""
    digits = re.sub(r"[\s().\-/]", "", text or "")
    if re.fullmatch(r"\+[1-9]\d{7,14}", digits):
        return digits
    if country in ("US", "CA") and re.fullmatch(r"1?[2-9]\d{9}", digits):
        return "+1" + digits[-10:]
    return None


def country_of(given: dict) -> str | None:
    """The country code that an address input names by code or by name; None when it names none."""
    code = given.get("countryCode") or given.get("country")
    if not code:
        return None
    return (
        code.upper()
        if code.upper() in COUNTRIES
        else BY_NAME.get(code.strip().lower(), code if given.get("countryCode") else "")
    )


def plain(text: str) -> str:
    """Lower case without accents: Québec is Quebec."""
    return "".join(c for c in unicodedata.normalize("NFD", text.lower()) if not unicodedata.combining(c))


def zone_of(country: str | None, text: str | None) -> tuple[str | None, str | None, bool]:
    """(code, name, fine) of a province given by code or name. Only countries in ZONES are known in detail; for
    the others the text is kept as the name."""
    if not text:
        return None, None, True
    zones = ZONES.get(country or "")
    if zones is None:
        return None, text, True
    wanted = plain(text)
    for code, name in zones.items():
        if wanted in (code.lower(), name.lower()):
            return code, name, True
    return None, None, False


# ---------------------------------------------------------------------- times


def utc(text: str) -> str:
    """Any ISO 8601 time as the API shows it: UTC, whole seconds. A time without zone is taken as UTC."""
    match = re.match(r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d))?(?:\.\d+)?)?(Z|[+-]\d\d:?\d\d)?$", text)
    if match is None:
        raise ValueError(f"not a time: {text}")
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    zone = match.group(7) or "Z"
    shift = 0 if zone == "Z" else int(zone[0] + "1") * (int(zone[1:3]) * 60 + int(zone[-2:]))
    seconds = timegm((year, month, day, hour, minute, second, 0, 0, 0)) - shift * 60
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def local(text: str | None, offset: str) -> str | None:
    """A UTC time as webhook payloads show it: in the shop's zone, "2026-11-21T19:00:00-05:00"."""
    if text is None:
        return None
    seconds = timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ"))
    shift = int(offset[0] + "1") * (int(offset[1:3]) * 60 + int(offset[4:6]))
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds + shift * 60)) + offset


def slug(title: str) -> str:
    """A handle made of a title: letters and digits of any script, the rest dashes."""
    return re.sub(r"[\W_]+", "-", title.lower()).strip("-") or "product"
