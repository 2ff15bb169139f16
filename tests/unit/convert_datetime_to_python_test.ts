import assert from "node:assert/strict";
import { describe } from "node:test";
import vm from "node:vm";
import { isPyObject } from "../../mod.ts";
import { evaluate, forGood, py, test, testWith } from "../fixtures/python.ts";
import { refused } from "../fixtures/refused.ts";

const seen: (value: unknown) => string = forGood(() => evaluate("repr"));

/** As text, with the class of its own. */
function shown(value: unknown): string {
  return `${Object.prototype.toString.call(value).slice(8, -1)} ${value}`;
}

const BERLIN = ["zoneinfo"];

describe("a Date in Python", () => {
  const ROWS: [number, string][] = [
    [0, "1970, 1, 1, 0, 0"],
    [-1, "1969, 12, 31, 23, 59, 59, 999000"],
    [1, "1970, 1, 1, 0, 0, 0, 1000"],
    [1e12 + 7, "2001, 9, 9, 1, 46, 40, 7000"],
    [-62135596800000, "1, 1, 1, 0, 0"],
    [253402300799999, "9999, 12, 31, 23, 59, 59, 999000"],
  ];
  for (const [time, parts] of ROWS) {
    test(`py.toPython() of ${time} ms is an aware datetime in UTC`, () => {
      const expected = `datetime.datetime(${parts}, tzinfo=datetime.timezone.utc)`;
      assert.strictEqual(seen(new Date(time)), expected);
    });
  }

  test("its own getTime is not asked, nor a subclass's", () => {
    class Late extends Date {
      override getTime(): number {
        return 7;
      }
    }
    const date = Object.assign(new Date(0), { getTime: () => 5, valueOf: () => 5 });
    const epoch = "datetime.datetime(1970, 1, 1, 0, 0, tzinfo=datetime.timezone.utc)";
    assert.strictEqual(seen(date), epoch);
    assert.strictEqual(seen(new Late(0)), epoch);
  });

  test("a Date of another realm is a Date", () => {
    const date = vm.runInNewContext("new Date(0)");
    assert.ok(!(date instanceof Date));
    assert.strictEqual(seen(date), seen(new Date(0)));
  });

  test("what only calls itself a Date is a JsObject", () => {
    class Named {
      get [Symbol.toStringTag](): string {
        return "Date";
      }
    }
    assert.match(seen(new Named()), /^<js /);
  });

  test("an invalid Date is a PyConversionError with its path", () => {
    assert.strictEqual(
      refused({ users: [{ born: new Date(NaN) }] }, "$.users[0].born").message,
      "Cannot convert $.users[0].born: an invalid Date is no time; pass null where there is none",
    );
  });

  test("a Date outside of Python's years is a PyConversionError with its path", () => {
    assert.strictEqual(
      refused([new Date(253402300800000)], "$[0]").message,
      "Cannot convert $[0]: Date +010000-01-01T00:00:00.000Z is outside of Python's years 1 to 9999; " +
        "pass date.toISOString() or date.getTime()",
    );
    refused(new Date(-62135596800001), "$");
    refused(new Date(8.64e15), "$");
    refused(new Date(-8.64e15), "$");
  });

  test("a Date that has no time is a PyConversionError", () => {
    for (const value of [new Proxy(new Date(0), {}), Object.create(Date.prototype)]) {
      assert.strictEqual(
        refused(value, "$").message,
        "Cannot convert $: what looks like a Date has no time of its own, as a Proxy of one; " +
          "pass new Date(milliseconds)",
      );
    }
  });

  test("the same Date is the same datetime in a graph", () => {
    const date = new Date(0);
    const list = py.toPython([date, { date }, new Map([[date, date]]), new Set([date])]);
    const same = evaluate(
      "lambda x: [x[1]['date'] is x[0], *(k is v is x[0] for k, v in x[2].items()), x[0] in x[3]]",
    );
    assert.deepStrictEqual(same(list).$.toJs(), [true, true, true]);
    const [first, second] = py.toPython([date, new Date(0)]).$.toJs();
    assert.notStrictEqual(first, second);
    assert.deepStrictEqual(first, second);
  });

  test("equal Dates are one key in Python, which is a PyConversionError", () => {
    const error = refused({ a: new Set([new Date(0), new Date(0)]) }, "$.a[a value of class Date]");
    assert.match(
      error.message,
      /equals an earlier element in Python .* one of the two would be lost/,
    );
    refused(new Map([[new Date(0), 1], [new Date(0), 2]]), "$[a value of class Date]");
    const two = new Map([[new Date(0), 1], [new Date(1), 2]]);
    assert.deepStrictEqual(py.toPython(two).$.toJs(), two);
  });

  test("a Date crosses in arguments, attributes, items and results", () => {
    const later = evaluate("import datetime\nlambda d: d + datetime.timedelta(1)");
    assert.deepStrictEqual(later(new Date(0)).$.toJs(), new Date(86400000));
    assert.ok(isPyObject(later(new Date(0))));
    const names = evaluate("import types\ntypes.SimpleNamespace()");
    names.when = new Date(0);
    assert.strictEqual(names.when.year, 1970);
    assert.strictEqual(
      evaluate("lambda f: f().isoformat()")(() => new Date(0)),
      "1970-01-01T00:00:00+00:00",
    );
  });
});

describe("a Temporal value in Python", () => {
  const { Instant, PlainDate, PlainDateTime, PlainTime, ZonedDateTime, Duration } = Temporal;
  const UTC = ", tzinfo=datetime.timezone.utc)";
  const ROWS: [object, string][] = [
    [Instant.from("1970-01-01T00:00:00Z"), "datetime.datetime(1970, 1, 1, 0, 0" + UTC],
    [
      Instant.from("2020-02-03T04:05:06.789012Z"),
      "datetime.datetime(2020, 2, 3, 4, 5, 6, 789012" + UTC,
    ],
    [Instant.from("0001-01-01T00:00:00Z"), "datetime.datetime(1, 1, 1, 0, 0" + UTC],
    [
      Instant.from("9999-12-31T23:59:59.999999Z"),
      "datetime.datetime(9999, 12, 31, 23, 59, 59, 999999" + UTC,
    ],
    [PlainDateTime.from("2020-02-03T04:05"), "datetime.datetime(2020, 2, 3, 4, 5)"],
    [PlainDateTime.from("0001-01-01T00:00:00"), "datetime.datetime(1, 1, 1, 0, 0)"],
    [
      PlainDateTime.from("9999-12-31T23:59:59.999999"),
      "datetime.datetime(9999, 12, 31, 23, 59, 59, 999999)",
    ],
    [PlainDate.from("2020-02-29"), "datetime.date(2020, 2, 29)"],
    [PlainDate.from("0001-01-01"), "datetime.date(1, 1, 1)"],
    [PlainTime.from("23:59:59.999999"), "datetime.time(23, 59, 59, 999999)"],
    [PlainTime.from("00:00"), "datetime.time(0, 0)"],
    [ZonedDateTime.from("2020-02-03T04:05[UTC]"), "datetime.datetime(2020, 2, 3, 4, 5" + UTC],
    [
      ZonedDateTime.from("0001-01-01T00:00[+14:00]"),
      "datetime.datetime(1, 1, 1, 0, 0, tzinfo=datetime.timezone(datetime.timedelta(seconds=50400)))",
    ],
    [
      ZonedDateTime.from("2020-02-03T04:05[-03:30]"),
      "datetime.datetime(2020, 2, 3, 4, 5, tzinfo=datetime.timezone(datetime.timedelta(days=-1, seconds=73800)))",
    ],
    [Duration.from("PT0S"), "datetime.timedelta(0)"],
    [
      Duration.from("P1W2DT3H4M5.000006S"),
      "datetime.timedelta(days=9, seconds=11045, microseconds=6)",
    ],
    [
      Duration.from("-PT0.000001S"),
      "datetime.timedelta(days=-1, seconds=86399, microseconds=999999)",
    ],
    [
      Duration.from({ milliseconds: 2 ** 53 }),
      "datetime.timedelta(days=104249991, seconds=32340, microseconds=992000)",
    ],
    [Duration.from({ nanoseconds: 5000 }), "datetime.timedelta(microseconds=5)"],
    [Duration.from({ days: -999999999 }), "datetime.timedelta(days=-999999999)"],
    [
      Duration.from({ days: 999999999, hours: 23, minutes: 59, seconds: 59, microseconds: 999999 }),
      "datetime.timedelta(days=999999999, seconds=86399, microseconds=999999)",
    ],
  ];
  for (const [value, expected] of ROWS) {
    test(`py.toPython() of ${shown(value)}`, () => assert.strictEqual(seen(value), expected));
  }

  const ZONED: [string, string][] = [
    ["2020-07-01T00:00+02:00[Europe/Berlin]", "2020-07-01T00:00:00+02:00 0"],
    ["2020-10-25T02:30+02:00[Europe/Berlin]", "2020-10-25T02:30:00+02:00 0"],
    ["2020-10-25T02:30+01:00[Europe/Berlin]", "2020-10-25T02:30:00+01:00 1"],
    ["1800-01-01T00:00[Europe/Berlin]", "1800-01-01T00:00:00+00:53:28 0"],
    ["2020-04-05T01:45+10:30[Australia/Lord_Howe]", "2020-04-05T01:45:00+10:30 1"],
  ];
  for (const [text, expected] of ZONED) {
    testWith(BERLIN, `py.toPython() of ${text} keeps its zone and its fold`, () => {
      const { zone, it } = evaluate(
        "import types\nlambda x: types.SimpleNamespace(zone=type(x.tzinfo).__name__ + x.tzinfo.key," +
          "it='%s %d' % (x.isoformat(), x.fold))",
      )(ZonedDateTime.from(text));
      assert.strictEqual(it, expected);
      assert.strictEqual(zone, "ZoneInfo" + /\[(.*)\]/.exec(text)![1]);
    });
  }

  test("a named zone is an error that says why where Python does not know it", () => {
    const value = ZonedDateTime.from("2020-07-01T00:00+02:00[Europe/Berlin]");
    const without = evaluate(`
import sys
def without(f):
    kept = {n: m for n, m in sys.modules.items() if n.split('.')[0] == 'zoneinfo'}
    sys.modules['zoneinfo'] = None
    try: return f()
    finally:
        del sys.modules['zoneinfo']
        sys.modules.update(kept)
without`);
    const error = without(() => refused({ when: value }, "$.when").message);
    assert.strictEqual(
      error,
      "Cannot convert $.when: Temporal.ZonedDateTime 2020-07-01T00:00:00+02:00[Europe/Berlin]: " +
        `Python ${py.version[0]}.${py.version[1]} has no zoneinfo (3.9 has); ` +
        "pass value.toInstant() or value.withTimeZone(value.offset)",
    );
    assert.match(seen(value.withTimeZone(value.offset)), /timedelta\(seconds=7200\)/);
  });

  testWith(BERLIN, "a zone without data, or with other data, is an error that says so", () => {
    const value = ZonedDateTime.from("2020-07-01T00:00+02:00[Europe/Berlin]");
    const replaced = evaluate(`
import zoneinfo
def replaced(f, other):
    real = zoneinfo.ZoneInfo
    zoneinfo.ZoneInfo = (lambda name: real('UTC')) if other else (lambda name: real('No/Where'))
    try: return f()
    finally: zoneinfo.ZoneInfo = real
replaced`);
    const message = (other: boolean) => replaced(() => refused(value, "$").message, other);
    const head =
      "Cannot convert $: Temporal.ZonedDateTime 2020-07-01T00:00:00+02:00[Europe/Berlin]: ";
    const tail = "; pass value.toInstant() or value.withTimeZone(value.offset)";
    assert.strictEqual(
      message(false),
      `${head}Python finds no time zone of that name (pip install tzdata)${tail}`,
    );
    assert.strictEqual(
      message(true),
      `${head}Python's time zone data know no such offset there (pip install -U tzdata)${tail}`,
    );
  });

  const finer = (text: string) =>
    `Temporal.${text} has nanoseconds, and Python counts microseconds; ` +
    'pass value.round({ smallestUnit: "microsecond" })';
  const beyond = (text: string) =>
    `Temporal.${text} is outside of Python's years 1 to 9999; pass value.toString()`;
  const other = (text: string) =>
    `Temporal.${text} is not in the ISO calendar, the only one of Python's; ` +
    'pass value.withCalendar("iso8601")';
  const years = (text: string) =>
    `Temporal.Duration ${text} has years or months, which Python's timedelta cannot measure; ` +
    'pass value.round({ largestUnit: "day", relativeTo: date })';
  const long = (text: string) =>
    `Temporal.Duration ${text} is beyond the 999999999 days of Python's timedelta; ` +
    "pass value.toString()";
  const ERRORS: [object, string][] = [
    [
      Instant.from("2020-01-01T00:00:00.123456789Z"),
      finer("Instant 2020-01-01T00:00:00.123456789Z"),
    ],
    [
      PlainDateTime.from("2020-01-01T00:00:00.0000001"),
      finer("PlainDateTime 2020-01-01T00:00:00.0000001"),
    ],
    [PlainTime.from("00:00:00.000000001"), finer("PlainTime 00:00:00.000000001")],
    [
      ZonedDateTime.from("2020-01-01T00:00:00.000000001[UTC]"),
      finer("ZonedDateTime 2020-01-01T00:00:00.000000001+00:00[UTC]"),
    ],
    [Duration.from({ nanoseconds: -1 }), finer("Duration -PT0.000000001S")],
    [PlainDate.from("+010000-01-01"), beyond("PlainDate +010000-01-01")],
    [PlainDate.from("0000-12-31"), beyond("PlainDate 0000-12-31")],
    [PlainDateTime.from("-000001-01-01T00:00"), beyond("PlainDateTime -000001-01-01T00:00:00")],
    [Instant.from("+275760-09-13T00:00:00Z"), beyond("Instant +275760-09-13T00:00:00Z")],
    [
      ZonedDateTime.from("0000-01-01T00:00[UTC]"),
      beyond("ZonedDateTime 0000-01-01T00:00:00+00:00[UTC]"),
    ],
    [PlainDate.from("2020-02-02[u-ca=hebrew]"), other("PlainDate 2020-02-02[u-ca=hebrew]")],
    [
      PlainDateTime.from("2020-02-02T00:00[u-ca=gregory]"),
      other("PlainDateTime 2020-02-02T00:00:00[u-ca=gregory]"),
    ],
    [
      ZonedDateTime.from("2020-02-02T00:00[Europe/Berlin][u-ca=japanese]"),
      other("ZonedDateTime 2020-02-02T00:00:00+01:00[Europe/Berlin][u-ca=japanese]"),
    ],
    [Duration.from("P1Y"), years("P1Y")],
    [Duration.from("-P1M1D"), years("-P1M1D")],
    [Duration.from({ days: 1e9 }), long("P1000000000D")],
    [Duration.from({ days: -999999999, microseconds: -1 }), long("-P999999999DT0.000001S")],
    [Duration.from({ weeks: 2 ** 32 - 1 }), long("P4294967295W")],
  ];
  for (const [value, reason] of ERRORS) {
    test(`py.toPython() of ${shown(value)} is an error, never a loss`, () => {
      assert.strictEqual(refused([value], "$[0]").message, `Cannot convert $[0]: ${reason}`);
    });
  }

  test("each way out that an error names is one", () => {
    const rounded = Instant.from("2020-01-01T00:00:00.123456789Z")
      .round({ smallestUnit: "microsecond" });
    assert.match(seen(rounded), /123457/);
    assert.match(
      seen(PlainDate.from("2020-02-02[u-ca=hebrew]").withCalendar("iso8601")),
      /2020, 2, 2/,
    );
    const month = Duration.from("P1M").round({ largestUnit: "day", relativeTo: "2020-02-01" });
    assert.strictEqual(seen(month), "datetime.timedelta(days=29)");
  });

  test("PlainYearMonth and PlainMonthDay are JsObjects and come back", () => {
    const echo = evaluate("lambda x: x");
    for (
      const value of [Temporal.PlainYearMonth.from("2020-02"), Temporal.PlainMonthDay.from("02-29")]
    ) {
      assert.match(seen(value), /^<js /);
      assert.strictEqual(echo(value), value);
    }
  });

  test("the same Temporal value is the same object in a graph, and may be a key", () => {
    const day = PlainDate.from("2020-02-02");
    const list = py.toPython([day, day, new Map([[day, 1]])]);
    assert.ok(list[0].$.is(list[1]));
    assert.strictEqual(list[2].$.get(list[0]), 1);
    refused(new Set([day, PlainDate.from("2020-02-02")]), "$[a value of class PlainDate]");
  });

  test("what only claims to be a Temporal value is a PyConversionError", () => {
    for (
      const value of [
        new Proxy(PlainDate.from("2020-02-02"), {}),
        Object.create(PlainDate.prototype),
      ]
    ) {
      assert.match(refused(value, "$").message, /^Cannot convert \$: a value of class PlainDate: /);
    }
  });
});
