import assert from "node:assert/strict";
import { describe } from "node:test";
import fc from "fast-check";
import { evaluate, forGood, fromEnvironment, py, test, testWith } from "../fixtures/python.ts";

/** Examples a property: PYDUET_RUNS=100000 for a long look. */
const RUNS = {
  numRuns: fromEnvironment("PYDUET_RUNS", 200),
  seed: fromEnvironment("PYDUET_SEED", 1),
};

/** Asserts for every example, each in a scope of its own. */
function always<T>(arbitrary: fc.Arbitrary<T>, claim: (value: T) => void): void {
  fc.assert(fc.property(arbitrary, (value) => py.scope(() => claim(value))), RUNS);
}

/** Whole numbers from 0 on, the ends among them. */
function upTo(max: number): fc.Arbitrary<number> {
  return fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: 0, max }) },
    { weight: 1, arbitrary: fc.constantFrom(0, 1, max - 1, max) },
  );
}

const DAYS = 3652058; // from datetime.min to datetime.max
const day = upTo(DAYS);
const microsecond = upTo(86399999999);

const python = forGood(() =>
  evaluate(`
from datetime import date, datetime, timedelta, timezone

class Make:
    def naive(days, microseconds, fold):
        value = datetime.min + timedelta(days=days, microseconds=microseconds)
        return [value.replace(fold=fold)]
    def aware(days, microseconds, minutes):
        value = datetime.min + timedelta(days=days, microseconds=microseconds)
        return [value.replace(tzinfo=timezone(timedelta(minutes=minutes)))]
    def zoned(name, seconds, microseconds):
        from zoneinfo import ZoneInfo
        utc = datetime.fromtimestamp(seconds, timezone.utc).replace(microsecond=microseconds)
        return [utc.astimezone(ZoneInfo(name))]
    def date(days):
        return [date.min + timedelta(days=days)]
    def time(microseconds):
        return [(datetime.min + timedelta(microseconds=microseconds)).time()]
    def delta(days, microseconds):
        return [timedelta(days=days, microseconds=microseconds)]
    def same(old, new):
        return Make.told(old[0]) == Make.told(new[0]) and old == new
    def told(x):
        zone = str(getattr(x, 'tzinfo', None))
        # Without a zone TypeScript knows no fold, and Python compares none.
        return type(x), str(x), zone, zone != 'None' and getattr(x, 'fold', 0)
for name in [n for n in vars(Make) if n[0] != '_']:
    setattr(Make, name, staticmethod(vars(Make)[name]))
Make`)
);

describe("toJs(toPython(x)) is x", () => {
  test("for Dates of Python's years", () => {
    const date = fc.date({
      min: new Date("0001-01-01T00:00:00.000Z"),
      max: new Date("9999-12-31T23:59:59.999Z"),
      noInvalidDate: true,
    });
    always(date, (value) => {
      const object = py.toPython([value]);
      assert.deepStrictEqual(object.$.toJs(), [value]);
      assert.strictEqual(
        object.$.toJs({ dates: "iso" })[0].length,
        value.getTime() % 1000 ? 32 : 25,
      );
      const [temporal] = object.$.toJs({ dates: "temporal" });
      assert.strictEqual(temporal.epochMilliseconds, value.getTime());
      assert.strictEqual(temporal.timeZoneId, "UTC");
    });
  });
});

/** The claim for one Python object, which stands in a list. */
function comesBack(list: { $: { toJs(options: object): unknown } }): void {
  const values = list.$.toJs({ dates: "temporal" }) as object[];
  assert.match(Object.prototype.toString.call(values[0]), /Temporal/);
  assert.ok(python.same(list, values), `${list} became ${values[0]}`);
}

describe('toPython(toJs(x, { dates: "temporal" })) is x', () => {
  test("for naive datetimes", () => {
    always(fc.tuple(day, microsecond, fc.nat(1)), (parts) => comesBack(python.naive(...parts)));
  });

  test("for aware datetimes", () => {
    const minutes = fc.integer({ min: -1439, max: 1439 });
    always(fc.tuple(day, microsecond, minutes), (parts) => comesBack(python.aware(...parts)));
  });

  test("for dates", () => always(day, (days) => comesBack(python.date(days))));

  test("for times", () => always(microsecond, (value) => comesBack(python.time(value))));

  test("for timedeltas, whose Durations have one sign", () => {
    const days = fc.oneof(
      fc.integer({ min: -999999999, max: 999999999 }),
      fc.constantFrom(-999999999, -2, -1, 0, 1, 999999999),
    );
    always(fc.tuple(days, microsecond), (parts) => {
      const list = python.delta(...parts);
      comesBack(list);
      const { sign, days, hours, minutes, seconds, milliseconds, microseconds, nanoseconds } =
        list.$.toJs({ dates: "temporal" })[0];
      const all = [days, hours, minutes, seconds, milliseconds, microseconds, nanoseconds];
      assert.ok(all.every((part) => part === 0 || Math.sign(part) === sign), all.join());
    });
  });

  testWith(["zoneinfo"], "for datetimes of real zones, in folds and out of them", () => {
    const zone = fc.constantFrom("Europe/Berlin", "America/New_York", "Asia/Kolkata", "UTC");
    const anywhen = fc.tuple(zone, fc.integer({ min: 0, max: 2145916800 }));
    // When clocks were set back in 2020, in seconds since 1970.
    const ends = [["Europe/Berlin", 1603587600], ["America/New_York", 1604210400], [
      "Australia/Lord_Howe",
      1585926000,
    ]] as const;
    const around = fc.tuple(fc.constantFrom(...ends), fc.integer({ min: -5000, max: 5000 }))
      .map(([[name, end], off]): [string, number] => [name, end + off]);
    let folds = 0;
    always(fc.tuple(fc.oneof(anywhen, around), fc.nat(999999)), ([[name, second], part]) => {
      const list = python.zoned(name, second, part);
      folds += list[0].fold;
      comesBack(list);
    });
    assert.ok(folds > 0);
  });
});

describe("toJs(x) of a datetime", () => {
  test("is its milliseconds, rounded down", () => {
    const exact = evaluate(`
from datetime import datetime, timedelta, timezone
lambda x: (x[0] - datetime(1970, 1, 1, tzinfo=timezone.utc)) // timedelta(milliseconds=1)`);
    const minutes = fc.integer({ min: -1439, max: 1439 });
    always(fc.tuple(day, microsecond, minutes), (parts) => {
      const list = python.aware(...parts);
      assert.strictEqual(list.$.toJs()[0].getTime(), exact(list));
    });
  });
});
