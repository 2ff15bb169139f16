"""The datetime family: what TypeScript's dates are in Python, and Python's as plain data."""

import sys
from datetime import date, datetime, time, timedelta, timezone

_EPOCH = datetime(1970, 1, 1)
_MILLISECOND = timedelta(milliseconds=1)
_MINUTE = timedelta(minutes=1)

datetime_of = datetime.fromisoformat
date_of = date.fromisoformat
time_of = time.fromisoformat


def utc(milliseconds):
    """The aware datetime of so many milliseconds since 1970."""
    return _EPOCH.replace(tzinfo=timezone.utc) + timedelta(milliseconds=milliseconds)


def delta(microseconds):
    return timedelta(microseconds=microseconds)


def in_zone(text, name, offset):
    """The datetime of a wall clock in a zone that is so many microseconds off then; else a str: why not."""
    try:
        from zoneinfo import ZoneInfo
    except ImportError:
        return "Python %d.%d has no zoneinfo (3.9 has)" % sys.version_info[:2]
    try:
        zone = ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return "Python finds no time zone of that name (pip install tzdata)"
    wall = datetime.fromisoformat(text).replace(tzinfo=zone)
    for fold in 0, 1:
        value = wall.replace(fold=fold)
        if value.utcoffset() == timedelta(microseconds=offset):
            return value
    return "Python's time zone data know no such offset there (pip install -U tzdata)"


def plain(value, form):
    """(kind, ...) of a date, datetime, time or timedelta, in the form "date", "iso" or "temporal".

    "value": the value; "time": milliseconds since 1970; "local": the parts of a local time;
    "refused": the reason; any other kind: the Temporal class and its ISO text.
    """
    if isinstance(value, timedelta):
        return _timedelta(value, form)
    if isinstance(value, datetime):
        return _datetime(value, form)
    if form != "temporal":
        return "value", _iso(value)
    if isinstance(value, date):
        return "PlainDate", _iso(value)
    if value.tzinfo is not None:
        return "refused", "Temporal has no time of day with a time zone, as %s is" % _iso(value)
    return "PlainTime", _iso(value)


def _iso(value):
    return str.__str__(value.isoformat())  # of a subclass, too, a str


def _datetime(value, form):
    pandas = sys.modules.get("pandas")
    if pandas and value is getattr(pandas, "NaT", None):
        if form == "temporal":
            return "refused", "Temporal has nothing like pandas.NaT"
        return ("value", "NaT") if form == "iso" else ("time", float("nan"))
    if form == "iso":
        return "value", _iso(value)
    offset = value.utcoffset()
    if form == "temporal":
        return ("PlainDateTime", _iso(value)) if offset is None else _zoned(value, offset)
    day = value.year, value.month, value.day
    clock = value.hour, value.minute, value.second
    # Subtracted as parts, a datetime at the end of the calendar cannot leave it.
    local = datetime(*day, *clock)
    if offset is not None:
        since = local - _EPOCH - offset + timedelta(microseconds=value.microsecond)
        return "time", since // _MILLISECOND
    milliseconds = value.microsecond // 1000
    if value.fold:
        try:
            return "time", int(local.replace(fold=1).timestamp()) * 1000 + milliseconds
        except (ValueError, OverflowError, OSError):
            pass  # at the ends of the calendar, where no clock is set back
    return ("local",) + day + clock + (milliseconds,)


def _zoned(value, offset):
    sign = "-" if offset < timedelta(0) else "+"
    minutes, rest = divmod(abs(offset), _MINUTE)
    shown = "%s%02d:%02d" % (sign, *divmod(minutes, 60))
    zone = value.tzinfo
    name = "UTC" if zone is timezone.utc else getattr(zone, "key", None)
    if name is None:
        name = getattr(zone, "zone", None)  # pytz
    if rest:
        seconds = ":%02d" % rest.seconds
        if rest.microseconds:
            seconds += ".%06d" % rest.microseconds
    else:
        seconds = ""
    if not isinstance(name, str):
        if rest:
            shown += seconds
            return "refused", "Temporal's offsets are whole minutes, and this one is " + shown
        name = shown
    clock = _iso(value.replace(tzinfo=None))
    return "ZonedDateTime", "%s%s%s[%s]" % (clock, shown, seconds, name)


def _timedelta(value, form):
    if hasattr(value, "nanoseconds"):  # pandas keeps what does not fit elsewhere
        days, seconds, microseconds = value.days, value.seconds, value.microseconds
        nanoseconds = value.nanoseconds
    else:  # the base's own: pendulum's days and seconds count something else
        days, seconds, microseconds = _days(value), _seconds(value), _microseconds(value)
        nanoseconds = 0
    total = ((days * 86400 + seconds) * 1000000 + microseconds) * 1000 + nanoseconds
    if form != "temporal":
        return "value", total / 1000000
    minutes, nanoseconds = divmod(abs(total), 60 * 10**9)
    hours, minutes = divmod(minutes, 60)
    seconds, nanoseconds = divmod(nanoseconds, 10**9)
    text = "P%dDT%dH%dM%d.%09dS" % (*divmod(hours, 24), minutes, seconds, nanoseconds)
    return "Duration", "-" + text if total < 0 else text


_days = timedelta.days.__get__
_seconds = timedelta.seconds.__get__
_microseconds = timedelta.microseconds.__get__
