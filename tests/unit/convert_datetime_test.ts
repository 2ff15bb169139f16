import assert from "node:assert/strict";
import { describe } from "node:test";
import { isPyObject, PyConversionError, PythonError, type ToJsOptions } from "../../mod.ts";
import { deep, evaluate, forGood, py, test, testWith, thrownBy } from "../fixtures/python.ts";

const seen: (value: unknown) => string = forGood(() => evaluate("repr"));

const IMPORTS = `
import sys
from datetime import date, datetime, time, timedelta, timezone, tzinfo
UTC = timezone.utc
`;

/** `$.toJs()` of an expression, with datetime's names imported. */
function plain(expression: string, dates?: ToJsOptions["dates"], statements = "") {
  return deep(expression, dates ? { dates } : {}, IMPORTS + statements);
}

/** The conversion's error; it must be the library's own, at `$[0]`. */
function refusedToJs(
  expression: string,
  dates: ToJsOptions["dates"] = "temporal",
  statements = "",
): string {
  const error = thrownBy(() => plain(expression, dates, statements));
  assert.ok(error instanceof PyConversionError, String(error));
  assert.strictEqual(error.path, "$[0]");
  return error.message;
}

/** As text, with the class of its own. */
function shown(value: unknown): string {
  return `${Object.prototype.toString.call(value).slice(8, -1)} ${value}`;
}

const BERLIN = ["zoneinfo"];
const ZONE = "from zoneinfo import ZoneInfo\nberlin = ZoneInfo('Europe/Berlin')\n";

describe("the datetime family in TypeScript", () => {
  test("implicitly it stays what it is", () => {
    for (const code of ["datetime.min", "date.min", "time.min", "timedelta.min"]) {
      assert.ok(isPyObject(py.run(`${IMPORTS}\n${code}`)), code);
    }
  });

  // The last column is what `dates: "temporal"` gives.
  const ROWS: [code: string, date: unknown, iso: unknown, temporal: string][] = [
    ["date(2020, 2, 29)", "2020-02-29", "2020-02-29", "Temporal.PlainDate 2020-02-29"],
    ["date.min", "0001-01-01", "0001-01-01", "Temporal.PlainDate 0001-01-01"],
    ["date.max", "9999-12-31", "9999-12-31", "Temporal.PlainDate 9999-12-31"],
    [
      "time(1, 2, 3, 4)",
      "01:02:03.000004",
      "01:02:03.000004",
      "Temporal.PlainTime 01:02:03.000004",
    ],
    ["time.max", "23:59:59.999999", "23:59:59.999999", "Temporal.PlainTime 23:59:59.999999"],
    ["timedelta(0)", 0, 0, "Temporal.Duration PT0S"],
    ["timedelta(1, 2, 3)", 86402000.003, 86402000.003, "Temporal.Duration P1DT2.000003S"],
    ["timedelta(microseconds=-1)", -0.001, -0.001, "Temporal.Duration -PT0.000001S"],
    ["timedelta(hours=25, minutes=61)", 93660000, 93660000, "Temporal.Duration P1DT2H1M"],
    ["timedelta.min", -86399999913600000, -86399999913600000, "Temporal.Duration -P999999999D"],
    [
      "timedelta.max",
      86400000000000000,
      86400000000000000,
      "Temporal.Duration P999999999DT23H59M59.999999S",
    ],
    [
      "datetime(2020, 1, 2, 3, tzinfo=UTC)",
      new Date("2020-01-02T03:00Z"),
      "2020-01-02T03:00:00+00:00",
      "Temporal.ZonedDateTime 2020-01-02T03:00:00+00:00[UTC]",
    ],
    [
      "datetime(1969, 12, 31, 23, 59, 59, 999999, UTC)",
      new Date(-1),
      "1969-12-31T23:59:59.999999+00:00",
      "Temporal.ZonedDateTime 1969-12-31T23:59:59.999999+00:00[UTC]",
    ],
    [
      "datetime(2020, 1, 2, tzinfo=timezone(timedelta(hours=-3, minutes=-30)))",
      new Date("2020-01-02T03:30Z"),
      "2020-01-02T00:00:00-03:30",
      "Temporal.ZonedDateTime 2020-01-02T00:00:00-03:30[-03:30]",
    ],
    [
      "datetime.min.replace(tzinfo=timezone(timedelta(hours=14)))",
      new Date(-62135596800000 - 14 * 3600000),
      "0001-01-01T00:00:00+14:00",
      "Temporal.ZonedDateTime 0001-01-01T00:00:00+14:00[+14:00]",
    ],
    [
      "datetime.max.replace(tzinfo=timezone(timedelta(hours=-23, minutes=-59)))",
      new Date(253402300799999 + 23 * 3600000 + 59 * 60000),
      "9999-12-31T23:59:59.999999-23:59",
      "Temporal.ZonedDateTime 9999-12-31T23:59:59.999999-23:59[-23:59]",
    ],
    [
      "datetime(2020, 1, 1, tzinfo=timezone(timedelta(0), 'named'))",
      new Date("2020-01-01T00:00Z"),
      "2020-01-01T00:00:00+00:00",
      "Temporal.ZonedDateTime 2020-01-01T00:00:00+00:00[+00:00]",
    ],
  ];
  for (const [code, date, iso, temporal] of ROWS) {
    test(`$.toJs() of ${code} in each form`, () => {
      assert.deepStrictEqual(plain(code), date);
      assert.deepStrictEqual(plain(code, "date"), date);
      assert.deepStrictEqual(plain(code, "iso"), iso);
      assert.strictEqual(shown(plain(code, "temporal")), temporal);
    });
  }

  test("a naive datetime is a PlainDateTime", () => {
    const rows = [
      ["datetime.min", "0001-01-01T00:00:00"],
      ["datetime.max", "9999-12-31T23:59:59.999999"],
      ["datetime(2020, 3, 29, 2, 30, fold=1)", "2020-03-29T02:30:00"],
    ] as const;
    for (const [code, text] of rows) {
      assert.strictEqual(shown(plain(code, "temporal")), `Temporal.PlainDateTime ${text}`);
    }
  });

  test("a datetime whose zone knows no offset is naive", () => {
    const statements = "class No(tzinfo):\n    def utcoffset(self, dt): return None\n";
    assert.strictEqual(
      shown(plain("datetime(2020, 1, 1, tzinfo=No())", "temporal", statements)),
      "Temporal.PlainDateTime 2020-01-01T00:00:00",
    );
  });

  const ZONED: [string, string][] = [
    ["datetime(2020, 10, 25, 2, 30, tzinfo=berlin)", "2020-10-25T02:30:00+02:00[Europe/Berlin]"],
    [
      "datetime(2020, 10, 25, 2, 30, tzinfo=berlin, fold=1)",
      "2020-10-25T02:30:00+01:00[Europe/Berlin]",
    ],
    ["datetime(1800, 1, 1, tzinfo=berlin)", "1800-01-01T00:00:00+00:53[Europe/Berlin]"],
    ["datetime(2020, 1, 1, tzinfo=ZoneInfo('UTC'))", "2020-01-01T00:00:00+00:00[UTC]"],
  ];
  for (const [code, text] of ZONED) {
    testWith(BERLIN, `$.toJs() of ${code} has its zone and the right side of a fold`, () => {
      assert.strictEqual(shown(plain(code, "temporal", ZONE)), `Temporal.ZonedDateTime ${text}`);
    });
  }

  testWith(BERLIN, "a time that clocks skip has no Temporal form", () => {
    assert.strictEqual(
      refusedToJs("datetime(2020, 3, 29, 2, 30, tzinfo=berlin)", "temporal", ZONE),
      "Cannot convert $[0]: Temporal.ZonedDateTime cannot be 2020-03-29T02:30:00+01:00[Europe/Berlin]: " +
        "the clocks there skip that time, or the runtime's time zone data differ from Python's; " +
        'use dates: "date" or "iso"',
    );
    assert.deepStrictEqual(
      plain("datetime(2020, 3, 29, 2, 30, tzinfo=berlin)", "date", ZONE),
      new Date("2020-03-29T01:30Z"),
    );
  });

  test("a zone's name is its key or its zone, if that is text", () => {
    const statements = `
class Zone(tzinfo):
    def utcoffset(self, dt): return timedelta(hours=1)
    def __init__(self, **names): vars(self).update(names)
`;
    const shownIn = (names: string) =>
      shown(plain(`datetime(2020, 1, 1, tzinfo=Zone(${names}))`, "temporal", statements)).slice(48);
    assert.strictEqual(shownIn("key='Europe/Berlin'"), "[Europe/Berlin]");
    assert.strictEqual(shownIn("zone='Europe/Berlin'"), "[Europe/Berlin]");
    assert.strictEqual(shownIn("key=None, zone=None"), "[+01:00]");
    assert.strictEqual(shownIn("key=5"), "[+01:00]");
    assert.strictEqual(shownIn(""), "[+01:00]");
  });

  testWith(["pytz"], "a zone of pytz has its name, a fixed one its offset", () => {
    const make =
      "pytz.timezone('Europe/Berlin').localize(datetime(2020, 10, 25, 2, 30), is_dst=False)";
    assert.strictEqual(
      shown(plain(make, "temporal", "import pytz\n")),
      "Temporal.ZonedDateTime 2020-10-25T02:30:00+01:00[Europe/Berlin]",
    );
    assert.strictEqual(
      shown(
        plain("datetime(2020, 1, 1, tzinfo=pytz.FixedOffset(90))", "temporal", "import pytz\n"),
      ),
      "Temporal.ZonedDateTime 2020-01-01T00:00:00+01:30[+01:30]",
    );
  });

  const ERRORS: [string, string][] = [
    [
      "time(1, 2, tzinfo=UTC)",
      "Temporal has no time of day with a time zone, as 01:02:00+00:00 is",
    ],
    [
      "datetime(2020, 1, 1, tzinfo=timezone(timedelta(seconds=-1)))",
      "Temporal's offsets are whole minutes, and this one is -00:00:01",
    ],
    [
      "datetime(2020, 1, 1, tzinfo=timezone(timedelta(hours=1, seconds=2, microseconds=3)))",
      "Temporal's offsets are whole minutes, and this one is +01:00:02.000003",
    ],
  ];
  for (const [code, reason] of ERRORS) {
    test(`dates: "temporal" refuses ${code}`, () => {
      assert.strictEqual(
        refusedToJs(code),
        `Cannot convert $[0]: ${reason}; use dates: "date" or "iso"`,
      );
      assert.ok(plain(code, "iso") && plain(code, "date"));
    });
  }

  test("without Temporal in the runtime the error says so, and the rest works", () => {
    const { Temporal } = globalThis;
    Reflect.deleteProperty(globalThis, "Temporal");
    try {
      for (const code of ["datetime.min", "date.min", "time.min", "timedelta.min"]) {
        assert.strictEqual(
          refusedToJs(code),
          'Cannot convert $[0]: this runtime has no Temporal; use dates: "date" or "iso"',
        );
      }
      assert.strictEqual(plain("datetime.min", "iso"), "0001-01-01T00:00:00");
      assert.match(seen(new Date(0)), /1970/);
      assert.match(seen(new (class Other {})()), /^<js /);
    } finally {
      Object.defineProperty(globalThis, "Temporal", {
        value: Temporal,
        writable: true,
        configurable: true,
      });
    }
    assert.ok(plain("date.min", "temporal") instanceof Temporal.PlainDate);
  });

  test("the same datetime is the same Date, and a key is one", () => {
    const [first, second, map] = plain(
      "(lambda d: [d, d, {d: d}])(datetime(2020, 1, 1, tzinfo=UTC))",
    );
    assert.strictEqual(first, second);
    assert.strictEqual(map.get(first), first);
    assert.deepStrictEqual(plain("{date(2020, 1, 1): 1}"), { "2020-01-01": 1 });
    assert.deepStrictEqual(plain("{datetime(2020, 1, 1, tzinfo=UTC): 1}", "iso"), {
      "2020-01-01T00:00:00+00:00": 1,
    });
    assert.strictEqual([...plain("{date(2020, 1, 1)}", "temporal")].join(), "2020-01-01");
  });

  test("a place that no Temporal value can hold is named", () => {
    const users = evaluate(`${IMPORTS}\n{'users': [{'at': time(1, tzinfo=UTC)}]}`);
    const error = thrownBy(() => users.$.toJs({ dates: "temporal" }));
    assert.strictEqual((error as PyConversionError).path, "$.users[0].at");
  });
});

describe("subclasses of datetime", () => {
  test("a subclass is what it is a subclass of", () => {
    const statements = `
class When(datetime): pass
class Day(date): pass
class Span(timedelta):
    days = seconds = microseconds = 7
`;
    const when = "When(2020, 1, 2, tzinfo=UTC)";
    assert.deepStrictEqual(plain(when, "date", statements), new Date("2020-01-02"));
    assert.strictEqual(
      shown(plain(when, "temporal", statements)),
      "Temporal.ZonedDateTime 2020-01-02T00:00:00+00:00[UTC]",
    );
    assert.strictEqual(plain("Day(2020, 1, 2)", "date", statements), "2020-01-02");
    assert.strictEqual(plain("Span(1)", "date", statements), 86400000);
  });

  test("a subclass that raises or lies gives Python's error and leaves nothing", () => {
    const statements = `
class Raises(datetime):
    def utcoffset(self): raise RuntimeError("no offset today")
class Lies(datetime):
    def utcoffset(self): return "+01:00"
class Named(tzinfo):
    def utcoffset(self, dt): return timedelta(0)
    @property
    def key(self): raise RuntimeError("no key")
class Text(date):
    def isoformat(self): return 5
`;
    const rows = [
      ["Raises(2020, 1, 1)", "RuntimeError: no offset today"],
      ["Lies(2020, 1, 1)", "TypeError: "],
      ["datetime(2020, 1, 1, tzinfo=Named())", "RuntimeError: no key"],
      ["Text(2020, 1, 1)", "TypeError: "],
    ] as const;
    for (const [code, text] of rows) {
      const error = thrownBy(() => plain(code, "temporal", statements));
      assert.ok(error instanceof PythonError && error.message.startsWith(text), String(error));
    }
  });

  testWith(["pandas"], "a pandas.Timestamp keeps its nanoseconds as a Temporal value", () => {
    const timestamp = "pandas.Timestamp('2020-01-02T03:04:05.123456789', tz='UTC')";
    const pandas = "import pandas\n";
    assert.deepStrictEqual(plain(timestamp, "date", pandas), new Date("2020-01-02T03:04:05.123Z"));
    assert.strictEqual(plain(timestamp, "iso", pandas), "2020-01-02T03:04:05.123456789+00:00");
    assert.strictEqual(
      shown(plain(timestamp, "temporal", pandas)),
      "Temporal.ZonedDateTime 2020-01-02T03:04:05.123456789+00:00[UTC]",
    );
    assert.strictEqual(
      shown(plain("pandas.Timestamp('2020-01-02 03:04:05.000000001')", "temporal", pandas)),
      "Temporal.PlainDateTime 2020-01-02T03:04:05.000000001",
    );
    for (const end of ["min", "max"]) {
      const code = `pandas.Timestamp.${end}.tz_localize('UTC')`;
      assert.ok(plain(code, "date", pandas) instanceof Date);
      assert.ok(plain(code, "temporal", pandas) instanceof Temporal.ZonedDateTime);
    }
    assert.strictEqual(
      shown(
        plain(
          "pandas.Timestamp('2020-10-25T01:30Z').tz_convert('Europe/Berlin')",
          "temporal",
          pandas,
        ),
      ),
      "Temporal.ZonedDateTime 2020-10-25T02:30:00+01:00[Europe/Berlin]",
    );
  });

  testWith(["pandas"], "a pandas.Timedelta keeps its nanoseconds", () => {
    const delta = "pandas.Timedelta(-1, 'ns')";
    assert.strictEqual(plain(delta, "date", "import pandas\n"), -0.000001);
    assert.strictEqual(
      shown(plain(delta, "temporal", "import pandas\n")),
      "Temporal.Duration -PT0.000000001S",
    );
  });

  testWith(["pandas"], "pandas.NaT is an invalid Date, a text, or an error", () => {
    const date = plain("pandas.NaT", "date", "import pandas\n");
    assert.ok(date instanceof Date && Number.isNaN(date.getTime()));
    assert.strictEqual(plain("pandas.NaT", "iso", "import pandas\n"), "NaT");
    assert.strictEqual(
      refusedToJs("pandas.NaT", "temporal", "import pandas\n"),
      'Cannot convert $[0]: Temporal has nothing like pandas.NaT; use dates: "date" or "iso"',
    );
  });
});
