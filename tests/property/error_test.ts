import assert from "node:assert/strict";
import { describe } from "node:test";
import fc from "fast-check";
import { mapError } from "../../mod.ts";
import { caughtFrom } from "../fixtures/errors.ts";
import { evaluate, forGood, fromEnvironment, py, test } from "../fixtures/python.ts";

/** Examples a property: PYDUET_RUNS=100000 for a long look. */
const RUNS = {
  numRuns: fromEnvironment("PYDUET_RUNS", 200),
  seed: fromEnvironment("PYDUET_SEED", 1),
};

class TiedError extends Error {}

/** One node of a graph of errors; `links` name other nodes by number. */
interface Node {
  readonly kind: number;
  readonly message: string;
  readonly own: readonly (readonly [string, unknown])[];
  readonly cause: number | null;
  readonly errors: readonly number[];
}

const KINDS: readonly ((message: string) => unknown)[] = [
  (message) => new Error(message),
  (message) => new TypeError(message),
  (message) => new RangeError(message),
  (message) => new SyntaxError(message),
  (message) => new AggregateError([], message),
  (message) => new DOMException(message, "AbortError"),
  (message) => new TiedError(message),
  (message) => Object.assign(new Error(message), { code: "ENOENT" }),
  (message) => Object.create(Error.prototype, { message: { value: message, writable: true } }),
  (message) => ({ message }),
  (message) => caughtFrom(() => evaluate("raise KeyError(m)", { m: message })),
  (message) => caughtFrom(() => evaluate("raise LookupError(m)", { m: message })), // tied
  () => evaluate("ValueError('object')"),
];

const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom("", "\0", "\ud800", "ENOENT", "AbortError", "TimeoutError", "__name__", "a\nb"),
);
const anything = fc.oneof(text, fc.anything(), fc.constantFrom("ENOENT", "EPIPE", "EACCES"));
const own = fc.tuple(
  fc.constantFrom(
    "name",
    "message",
    "stack",
    "code",
    "path",
    "dest",
    "errno",
    "errors",
    "cause",
    "js",
  ),
  anything,
);

const graphs = fc.integer({ min: 1, max: 8 }).chain((size) => {
  const link = fc.integer({ min: 0, max: size - 1 });
  const node: fc.Arbitrary<Node> = fc.record({
    kind: fc.integer({ min: 0, max: KINDS.length - 1 }),
    message: text,
    own: fc.array(own, { maxLength: 3 }),
    cause: fc.option(link),
    errors: fc.array(link, { maxLength: 4 }),
  });
  return fc.array(node, { minLength: size, maxLength: size });
});

function build(graph: readonly Node[]): unknown[] {
  const values = graph.map(({ kind, message }) => KINDS[kind]!(message));
  graph.forEach((node, i) => {
    const value = values[i];
    if (!(value instanceof Error)) return;
    const set = (name: string, member: unknown): void => {
      try {
        Object.defineProperty(value, name, { value: member, configurable: true, writable: true });
      } catch {
        // a DOMException has some of them already
      }
    };
    if (node.cause !== null) set("cause", values[node.cause]);
    if (value instanceof AggregateError) set("errors", node.errors.map((each) => values[each]));
    for (const [name, member] of node.own) set(name, member);
  });
  return values;
}

const raised = forGood(() =>
  evaluate(
    `
import traceback
def raised(f):
    try:
        f()
    except BaseException as e:
        text = traceback.format_exc()
        seen, rest = set(), [e]
        while rest:
            each = rest.pop()
            if each is None or id(each) in seen:
                continue
            seen.add(id(each))
            str(each), repr(each)
            rest += [each.__cause__, each.__context__, *getattr(each, "errors", ())]
        return [text, e]
raised`,
  )
);

describe("random graphs of errors", () => {
  test("cross into Python without a crash, print there, and come back the very same", () => {
    const off = mapError(TiedError, "LookupError");
    try {
      fc.assert(
        fc.property(graphs, (graph) =>
          py.scope(() => {
            const values = build(graph);
            for (const value of values) {
              const thrower = (): never => {
                throw value;
              };
              const seen = raised(thrower);
              assert.ok(seen[0].startsWith("Traceback ") || seen[0].includes("Traceback (most"));
              const back = caughtFrom(() => evaluate("f()", { f: thrower }));
              if (graph[values.indexOf(value)]!.kind === KINDS.length - 1) {
                assert.ok(back.value.$.is(value)); // a PyObject that was thrown
              } else {
                assert.ok(Object.is(back, value), "another one came back");
              }
              assert.strictEqual(evaluate("1"), 1);
            }
          })),
        RUNS,
      );
    } finally {
      off();
    }
  });
});
