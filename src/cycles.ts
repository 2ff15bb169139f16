/**
 * `py.debug.cycles()`: JS values that Python holds, and that hold Python objects which hold them.
 * @module
 */

import { borrow, type Ref } from "./capi/reference.ts";
import { describe, stepOf } from "./convert/path.ts";
import { type Bridge, facadeOf } from "./objects/facade.ts";

/** A cycle that crosses the boundary, which neither language's collector can see as a whole. */
export interface Cycle {
  /** The JS values in it, in words. */
  readonly values: readonly string[];
  /** The way around, from one value to the next: `Clock.onTick -> method tick -> Clock`. */
  readonly path: string;
}

interface Edge {
  readonly to: number;
  readonly path: string;
}

/** Objects looked at from one value; a program that holds more is not searched to the end. */
const MOST_OBJECTS = 10_000;

/**
 * The cycles through properties, array elements, and the keys and values of Maps and Sets. What a function's
 * closure holds, no program can see.
 */
export function cyclesOf(bridge: Bridge): Cycle[] {
  const { interpreter, hosts } = bridge;
  interpreter.attach();
  interpreter.settle();
  const values = new Map(hosts.held());
  const edges = new Map<number, Edge[]>();
  for (const [number, value] of values) edges.set(number, edgesOf(bridge, number, value));
  return loops(edges).map((loop) => ({
    values: loop.map(({ to }) => nameOf(values.get(to))),
    path: [
      nameOf(values.get(loop.at(-1)!.to)),
      ...loop.flatMap(({ path, to }) => [path, nameOf(values.get(to))]),
    ].join(" -> ").replaceAll(" -> .", ".").replaceAll(" -> [", "["),
  }));
}

/** From a value to each value that a Python object which it holds leads to. */
function edgesOf(bridge: Bridge, number: number, value: unknown): Edge[] {
  const found: Edge[] = [];
  const pair = typeof value === "object" && value !== null ? bridge.pairOf(value) : null;
  if (pair) found.push(...reached(bridge, pair, number, ""));
  for (const [path, pointer] of pythonObjects(value)) {
    found.push(...reached(bridge, pointer, -1, path));
  }
  return found;
}

/** The Python objects that a value holds, each with the way to it. */
function pythonObjects(root: unknown): [string, Ref][] {
  const found: [string, Ref][] = [];
  const seen = new Set<unknown>();
  const pending: [string, unknown][] = [["", root]];
  for (let next = pending.pop(); next && seen.size < MOST_OBJECTS; next = pending.pop()) {
    const [path, value] = next;
    if ((typeof value !== "object" && typeof value !== "function") || value === null) continue;
    if (seen.has(value)) continue;
    seen.add(value);
    const facade = facadeOf(value);
    if (facade) {
      if (facade.live) found.push([path, borrow(facade.pointer())]);
      continue;
    }
    for (const [step, member] of members(value)) pending.push([path + step, member]);
  }
  return found;
}

function* members(value: object): Generator<[string, unknown]> {
  try {
    if (value instanceof Map) {
      for (const [key, member] of value) {
        yield [stepOf(key), member];
        yield [" key", key];
      }
    } else if (value instanceof Set) { for (const member of value) yield [" element", member]; }
    if (ArrayBuffer.isView(value)) return;
    for (
      const [key, { value: member }] of Object.entries(Object.getOwnPropertyDescriptors(value))
    ) {
      yield [Array.isArray(value) ? `[${key}]` : stepOf(key), member];
    }
  } catch {
    // a Proxy that refuses is no place for a cycle
  }
}

function reached(bridge: Bridge, pointer: Ref, own: number, path: string): Edge[] {
  const { python, rules, toPython, interpreter } = bridge;
  const skipped = toPython(own);
  try {
    const answer = python.call("_cycles", "reached", pointer, bridge.referenceType, skipped);
    return (rules.items(answer, (pair) => rules.entries(pair)) as [number, string][])
      .map(([to, way]) => ({ to, path: [path, way].filter(Boolean).join(" -> ") }));
  } finally {
    interpreter.library.object.Py_DecRef(skipped);
  }
}

/** One way around for each value that leads back to itself; each set of values once. */
function loops(edges: ReadonlyMap<number, readonly Edge[]>): Edge[][] {
  const found: Edge[][] = [];
  const told = new Set<string>();
  for (const start of edges.keys()) {
    const way = shortest(edges, start);
    if (!way) continue;
    const name = way.map(({ to }) => to).sort((a, b) => a - b).join();
    if (!told.has(name)) found.push(way);
    told.add(name);
  }
  return found;
}

function shortest(edges: ReadonlyMap<number, readonly Edge[]>, start: number): Edge[] | null {
  const before = new Map<number, { from: number; edge: Edge }>();
  const pending = [start];
  for (const from of pending) {
    for (const edge of edges.get(from) ?? []) {
      if (before.has(edge.to)) continue;
      before.set(edge.to, { from, edge });
      if (edge.to === start) {
        const way: Edge[] = [];
        let at = start;
        do {
          const step = before.get(at)!;
          way.unshift(step.edge);
          at = step.from;
        } while (at !== start);
        return way;
      }
      pending.push(edge.to);
    }
  }
  return null;
}

function nameOf(value: unknown): string {
  if (typeof value === "function") return value.name ? `function ${value.name}` : "a function";
  const words = describe(value);
  return words.replace("a value of class ", "");
}
