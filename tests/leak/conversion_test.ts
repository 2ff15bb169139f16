import assert from "node:assert/strict";
import { describe } from "node:test";
import { PyConversionError } from "../../mod.ts";
import { loop, probed, unmoved } from "../fixtures/loop.ts";
import { evaluate, py } from "../fixtures/python.ts";

describe("conversions", () => {
  const same = () => evaluate("lambda x: x");
  loop("numbers", same, (f, i) => f(i * 1.5));
  loop("ints of every size", same, (f, i) => f(2n ** BigInt(i % 200)), { part: 0.3 });
  loop("small ints", same, (f, i) => f(i % 300 - 10));
  loop("booleans and null", same, (f, i) => f(i % 2 ? null : i % 3 === 0));
  loop("short text", same, (f, i) => f("text " + i));
  loop("long text", same, (f, i) => f("é".repeat(2000) + i), { part: 0.3 });
  loop("lone surrogates", same, (f, i) => f("\uD800" + i), { part: 0.3 });
  loop("bytes", same, (f, i) => f(new Uint8Array([i, 1, 2])), { part: 0.3 });
  loop("typed arrays, shared", same, (f, i) => f(new Float64Array(i % 5)), { part: 0.05 });
  loop(
    "a typed array shared again and again",
    () => ({ f: same(), array: new Int32Array(3) }),
    ({ f, array }) => assert.ok(f(array) === array),
    { part: 0.05 },
  );
  loop(
    "typed arrays that cannot be shared",
    probed(() => evaluate("lambda x: x")),
    ({ it, probe }) => {
      const bad = new Int8Array(new ArrayBuffer(1, { maxByteLength: 2 }));
      assert.throws(() => it([probe, new Int8Array(1), bad]), PyConversionError);
    },
    { part: 0.03, ...unmoved },
  );
  loop(
    "$.buffer()",
    probed((probe) => evaluate("lambda p: [bytearray(1000), p]")(probe).$.get(0)),
    ({ it }) => {
      using buffer = it.$.buffer();
      buffer.data[0] = 1;
    },
    { part: 0.3, ...unmoved },
  );
  loop(
    "$.buffer() that is refused",
    probed(() => evaluate("memoryview(bytearray(9))[::3]")),
    ({ it, probe }, i) => {
      assert.throws(() => {
        if (i % 2) it.$.buffer({ format: "d" });
        else probe.$.buffer();
      });
    },
    { part: 0.03, ...unmoved },
  );
  loop("arrays", same, (f) => f([1, "a", null]), { part: 0.3 });
  loop("objects whose keys are always new", same, (f, i) => f({ ["key" + i]: 1 }), { part: 0.3 });
  loop("Maps and Sets", same, (f, i) => f(new Map([[i, new Set([i])]])), { part: 0.3 });
  loop("cycles", same, (f) => {
    const value: unknown[] = [];
    value.push({ value });
    f(value);
  }, { part: 0.1 });
  loop("py.toPython()", () => null, (_, i) => py.toPython({ a: [i] }), { part: 0.3 });
  loop(
    "$.toJs() of a graph",
    probed((probe) => evaluate("lambda p: [1, 'a', (2.5, None), {'k': [p]}, {1: p}, {3}]")(probe)),
    ({ it }) => it.$.toJs(),
    { part: 0.05, ...unmoved },
  );
  loop(
    "$.toJs() of other types",
    probed((probe) =>
      evaluate(`
from collections import OrderedDict, deque
from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace
lambda p: [OrderedDict(a=p), deque([p]), Decimal(1), Fraction(1, 3), SimpleNamespace(p=p), 1j]`)(
        probe,
      )
    ),
    ({ it }) => it.$.toJs(),
    { part: 0.01, ...unmoved },
  );
  loop("Dates", same, (f, i) => f(new Date(i)), { part: 0.3 });
  loop(
    "Temporal values",
    () => {
      const date = Temporal.PlainDate.from("2020-01-02");
      const zoned = Temporal.ZonedDateTime.from("2020-01-02T03:04[+02:00]");
      return { f: same(), values: [date, zoned, Temporal.Duration.from("-P1DT0.000001S")] };
    },
    ({ f, values }) => f(values),
    { part: 0.1 },
  );
  loop(
    "the datetime family to TypeScript",
    probed((probe) =>
      evaluate(`
import datetime
class Zone(datetime.tzinfo):
    key = "Europe/Berlin"
    def __init__(self, probe): self.probe = probe
    def utcoffset(self, value): return datetime.timedelta(hours=1)
lambda p: [datetime.datetime(2020, 1, 2, tzinfo=Zone(p)), datetime.datetime(2020, 1, 2, fold=1),
           datetime.date(2020, 1, 2), datetime.time(1, 2), datetime.timedelta(1, 2, 3)]`)(probe)
    ),
    ({ it }, i) => it.$.toJs({ dates: (["date", "iso", "temporal"] as const)[i % 3]! }),
    { part: 0.02, ...unmoved },
  );
  loop(
    "dates that cannot cross",
    probed((probe) => {
      const { lies, echo } = evaluate(`
import datetime, types
class Lies(datetime.datetime):
    def utcoffset(self): raise RuntimeError(self.probe)
def make(probe):
    value = Lies(2020, 1, 2)
    value.probe = probe
    return [probe, value]
lambda p: types.SimpleNamespace(lies=make(p), echo=lambda x: x)`)(probe);
      const aware = evaluate("import datetime\n[datetime.time(1, tzinfo=datetime.timezone.utc)]");
      const finer = Temporal.PlainTime.from("00:00:00.000000001");
      const years = Temporal.Duration.from("P1Y");
      return { lies, echo, aware, finer, years };
    }),
    ({ it, probe }, i) => {
      assert.throws(() => it.lies.$.toJs());
      assert.throws(() => it.aware.$.toJs({ dates: "temporal" }), PyConversionError);
      assert.throws(
        () => it.echo([probe, i % 2 ? it.finer : it.years, new Date(NaN)]),
        PyConversionError,
      );
    },
    { part: 0.01, ...unmoved },
  );
  loop(
    "conversions to Python that fail",
    probed(() => evaluate("lambda x: x")),
    ({ it, probe }, i) => {
      const bad = i % 3 === 0
        ? new Date(NaN)
        : i % 3 === 1
        ? new Map<unknown, number>([[0, 1], [false, 2]])
        : new Set([[]]);
      assert.throws(() => it([probe, () => 1, { a: [probe, bad] }]), PyConversionError);
    },
    { part: 0.03, ...unmoved },
  );
  loop(
    "conversions to TypeScript that fail",
    probed((probe) => evaluate("lambda p: [[p], {'a': {(1, p): p}}]")(probe)),
    ({ it }) => assert.throws(() => it.$.toJs({ dicts: "object" }), PyConversionError),
    { part: 0.02, ...unmoved },
  );
});
