import assert from "node:assert/strict";
import { describe } from "node:test";
import type { PyValue } from "../../mod.ts";
import {
  collectPython,
  evaluate,
  py,
  references,
  testOfExhaustion,
  testWith,
} from "../fixtures/python.ts";

/** After so many conversions that came to a result no later allocation matters. */
const SETTLED = 60;
/** More allocations than any of these conversions makes. */
const MOST = 3000;

class Point {
  x = 1;
}

interface Memory {
  /** Allocations fail from the n-th on, up to but not with the m-th. */
  fail(from: number, to: number): void;
  mend(): void;
}

function memory(): Memory {
  return evaluate(`
import _testcapi, types
types.SimpleNamespace(fail=_testcapi.set_nomemory, mend=_testcapi.remove_mem_hooks)`);
}

/** What the general way makes good, once the bulk way has no memory. */
const RECOVERS = ["the bulk way to TypeScript", "a str"];

/** Each case as a function of the probe; `asksPython`: what a type is. */
const CASES: readonly (readonly [string, boolean, (probe: PyValue) => () => unknown])[] = [
  [
    "the bulk way to Python",
    false,
    () => () =>
      py.toPython({ a: [1, "x".repeat(100), { b: 2n ** 90n }], m: new Map([[1, new Set([2])]]) }),
  ],
  ["the general way to Python", false, (probe) => () =>
    py.toPython({
      a: [probe, "é".repeat(2000), "\uD800", { b: 2n ** 90n, c: 1e9, d: 1.5 }],
      m: new Map<unknown, unknown>([[probe, new Set([2, probe])], ["k", { probe }]]),
    })],
  [
    "dates and bytes",
    false,
    (probe) => () =>
      py.toPython([probe, new Date(5), new Uint8Array(10), new ArrayBuffer(5), [probe]]),
  ],
  [
    "what Python holds of TypeScript",
    false,
    (probe) => () => {
      // Enough that what was dropped is taken in the middle, too.
      const points = Array.from({ length: 100 }, () => new Point());
      return py.toPython([probe, points, () => 1, new Error("x"), Symbol("s")]);
    },
  ],
  ["the bulk way to TypeScript", false, () => {
    const value = evaluate("{'plain': [1, 2, {'x': (1, 2.5, None)}], 'é': {1: {2}}}");
    return () => value.$.toJs();
  }],
  ["the general way to TypeScript", false, (probe) => {
    const value = evaluate("lambda p: [p, 'é' * 2000, '\\ud800', 2**80, {'a': [p]}, (p, {1})]")(
      probe,
    );
    return () => value.$.toJs({ depth: 1 });
  }],
  ["types that Python is asked about", true, (probe) => {
    const value = evaluate(`
from collections import OrderedDict, deque
from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace
lambda p: [OrderedDict(a=p), deque([p]), Decimal(1), Fraction(1, 3), SimpleNamespace(p=p), p]`)(
      probe,
    );
    return () => value.$.toJs();
  }],
  ["a str", false, () => {
    const list = evaluate("['é' * 2000 + '\\ud800']");
    return () => list[0];
  }],
];

describe("a conversion without memory", () => {
  for (const [name, asksPython, prepare] of CASES) {
    // Where Python code itself has no memory, 3.14's debug build was seen to end in an assertion of
    // its own (object.c, _Py_Dealloc).
    const claim = `${name}: each allocation may fail, and nothing leaks`;
    const run = asksPython && py.info.debug
      ? testOfExhaustion
      : (claim: string, body: () => void) => testWith(["_testcapi"], claim, body);
    run(claim, () => {
      const { fail, mend } = memory();
      const probe = evaluate("object()");
      const convert = prepare(probe);
      for (let i = 0; i < 3; i++) py.scope(convert); // names and types are known from now on
      collectPython();
      const before = references(probe);
      const counts = py.debug.counts();
      const recovers = RECOVERS.includes(name);
      let failed = 0;
      let inOrder = 0;
      let at = 0;
      for (; at < MOST && inOrder < SETTLED; at++) {
        py.scope(() => {
          fail(at, at + 1);
          try {
            convert();
            inOrder++;
          } catch (error) {
            mend();
            inOrder = 0;
            failed++;
            assert.match(String((error as Error).message), /MemoryError/);
          } finally {
            mend();
          }
        });
      }
      assert.ok(at < MOST, "it never came to an end");
      assert.ok(failed > 0 || recovers, "nothing failed");
      collectPython();
      assert.deepStrictEqual(py.debug.counts(), counts);
      // Python 3.11 itself keeps the arguments of a function for whose frame there is no memory.
      if (!asksPython || py.version[1] !== 11) assert.strictEqual(references(probe), before);
      assert.strictEqual(evaluate("1 + 1"), 2);
    });
  }
});
