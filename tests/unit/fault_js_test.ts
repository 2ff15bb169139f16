import assert from "node:assert/strict";
import { describe } from "node:test";
import { PyConversionError, type PyValue, registerConverter } from "../../mod.ts";
import { formInPython, outcome } from "../fixtures/form.ts";
import { collectPython, evaluate, py, references, test } from "../fixtures/python.ts";

/** Throws from the n-th step on: the general way may ask again what the bulk way has asked. */
class Fuse {
  steps = 0;
  constructor(readonly last: number) {}
  step(): void {
    if (this.steps++ >= this.last) throw new Error(`step ${this.last}`);
  }
}

/** A Proxy each of whose traps is a step. */
function fused<T extends object>(target: T, fuse: Fuse): T {
  const traps = Object.getOwnPropertyNames(Reflect) as (keyof ProxyHandler<T>)[];
  const handler = Object.fromEntries(traps.map((name) => [name, (...args: unknown[]) => {
    fuse.step();
    return (Reflect[name] as (...args: unknown[]) => unknown)(...args);
  }]));
  return new Proxy(target, handler);
}

class SteppingMap extends Map<unknown, unknown> {
  fuse: Fuse | undefined;
  override *[Symbol.iterator](): MapIterator<[unknown, unknown]> {
    for (const entry of this.entries()) {
      this.fuse!.step();
      yield entry;
    }
    this.fuse!.step();
  }
}

class SteppingSet extends Set<unknown> {
  fuse: Fuse | undefined;
  override *[Symbol.iterator](): SetIterator<unknown> {
    for (const item of this.values()) {
      this.fuse!.step();
      yield item;
    }
    this.fuse!.step();
  }
}

/** Graphs that hold the probe before and after every step. */
const GRAPHS: readonly (readonly [string, (fuse: Fuse, probe: PyValue) => unknown])[] = [
  [
    "a Proxy of an object",
    (fuse, probe) => [probe, fused({ a: [probe], b: 1, c: probe }, fuse), probe],
  ],
  [
    "a Proxy of an array",
    (fuse, probe) => ({ p: probe, x: fused([[probe], 1, probe], fuse), q: [probe] }),
  ],
  [
    "Proxies in Proxies",
    (fuse, probe) => fused({ a: fused([fused({ p: probe }, fuse), probe], fuse) }, fuse),
  ],
  [
    "a Proxy in a Map",
    (fuse, probe) => new Map<unknown, unknown>([[probe, fused({ p: probe }, fuse)], ["z", probe]]),
  ],
  [
    "a Proxy as a key",
    (fuse, probe) =>
      new Map<unknown, unknown>([[probe, 1], [fused(new (class A {})(), fuse), probe]]),
  ],
  ["a Proxy of a function", (fuse, probe) => [probe, fused(() => 1, fuse)]],
  [
    "a Proxy of a class instance",
    (fuse, probe) => [probe, { x: fused(new (class A {})(), fuse) }, [probe]],
  ],
  ["getters", (fuse, probe) => [probe, {
    get a() {
      fuse.step();
      return [probe];
    },
    get b() {
      fuse.step();
      return {
        get c() {
          fuse.step();
          return probe;
        },
      };
    },
  }]],
  ["getters of plain data alone", (fuse) => [1, {
    get a() {
      fuse.step();
      return [{ b: 1 }];
    },
    get b() {
      fuse.step();
      return "x";
    },
  }, { c: [2] }]],
  [
    "a Map with an iterator of its own",
    (
      fuse,
      probe,
    ) => [
      Object.assign(new SteppingMap([[probe, [probe]], ["k", probe], [2, 3]]), { fuse }),
      probe,
    ],
  ],
  [
    "a Set with an iterator of its own",
    (fuse, probe) => [Object.assign(new SteppingSet([probe, "k", 2]), { fuse }), probe],
  ],
];

describe("toPython() that fails at its n-th step", () => {
  for (const [name, make] of GRAPHS) {
    test(`${name}: an error with a path, and every reference as before`, () => {
      const probe = evaluate("object()");
      const convert = (value: unknown): void => void py.scope(() => void py.toPython(value));
      for (let round = 0; round < 2; round++) convert(make(new Fuse(Infinity), probe));
      collectPython();
      const before = references(probe);
      const counts = py.debug.counts();
      let fuse: Fuse;
      let at = 0;
      let met = 0;
      do {
        fuse = new Fuse(at++);
        const value = make(fuse, probe);
        try {
          convert(value);
        } catch (error) {
          assert.ok(error instanceof PyConversionError, `${error}`);
          assert.match(error.message, /^Cannot convert \$/);
          assert.ok(error.path.startsWith("$"));
          met++;
        }
        assert.ok(at < 500, "it never came to an end");
      } while (fuse.steps > fuse.last);
      assert.ok(met > 0, "nothing failed");
      collectPython();
      assert.deepStrictEqual(py.debug.counts(), counts);
      assert.strictEqual(references(probe), before);
    });
  }
});

describe("toPython() of what lies", () => {
  const of = (value: unknown): string => outcome(() => py.toPython(value), formInPython);

  /** What a value comes to both ways. */
  function both(make: () => unknown): string {
    const bulk = of(make());
    const off = registerConverter({ when: () => false, toPython: () => undefined });
    try {
      assert.strictEqual(of(make()), bulk);
    } finally {
      off();
    }
    return bulk;
  }

  for (const length of [-1, 1.5, NaN, Infinity, 2 ** 32, 2 ** 53, "2", 2n, {}, null, undefined]) {
    test(`an Array whose length is ${String(length)} is an error with its path`, () => {
      const lying = (): unknown => ({
        users: [
          new Proxy([1, 2, 3], {
            get: (target, key) => key === "length" ? length : Reflect.get(target, key),
          }),
          "after",
        ],
      });
      assert.match(
        both(lying),
        /^PyConversionError: Cannot convert \$\.users\[0\]: an Array whose length is /,
      );
    });
  }

  test("an array that shrinks or grows while it is read keeps its first length", () => {
    const changing = (change: (array: unknown[]) => void) => () => {
      const array: unknown[] = [0, 1, 2];
      return Object.defineProperty(array, 0, {
        get() {
          change(array);
          return 9;
        },
      });
    };
    assert.strictEqual(both(changing((array) => array.length = 1)), "list[9,None,None]");
    assert.strictEqual(both(changing((array) => array.push(3))), "list[9,1,2]");
    assert.strictEqual(both(changing((array) => array.splice(1, 2))), "list[9,None,None]");
  });

  test("a Map or Set that iterates twice over a key is an error, never a silent loss", () => {
    class Twice extends Map {
      override *[Symbol.iterator](): MapIterator<[unknown, unknown]> {
        yield [1, "a"];
        yield [1, "b"];
      }
    }
    class TwiceSet extends Set {
      override *[Symbol.iterator](): SetIterator<unknown> {
        yield* [1, 1];
      }
    }
    const own = (): unknown =>
      Object.assign(new Map([[1, 2]]), {
        *[Symbol.iterator]() {
          yield* [["k", 1], ["k", 2]];
        },
      });
    assert.match(both(() => new Twice()), /Cannot convert \$\[1\]: 1 equals an earlier key/);
    assert.match(both(() => [new TwiceSet()]), /Cannot convert \$\[0\]\[1\]: 1 equals an earlier/);
    assert.match(both(own), /Cannot convert \$\.k: "k" equals an earlier key/);
  });

  test("a key that a getter takes out and puts in again stands there once", () => {
    const map = new Map<unknown, unknown>();
    let times = 0;
    map.set("k", {
      get again() {
        if (times++ < 3 && map.delete("k")) map.set("k", [times]);
        return 1;
      },
    });
    assert.match(of(map), /^\{'k':[^:]*(:1\})?\}$/);
  });

  test("a Map or Set of a size that lies has what it iterates over", () => {
    class Sized extends Map<unknown, unknown> {
      override get size(): number {
        return 99;
      }
    }
    class SizedSet extends Set<unknown> {
      override get size(): number {
        throw new Error("no size");
      }
    }
    assert.strictEqual(both(() => new Sized([[1, 2]])), "{1:2}");
    assert.strictEqual(both(() => new SizedSet([1])), "set<1>");
  });

  test("entries, keys and forEach of a Map, and toJSON, toString and valueOf are not asked", () => {
    const fail = (): never => {
      throw new Error("asked");
    };
    const map = Object.assign(new Map([[1, 2]]), { entries: fail, keys: fail, forEach: fail });
    assert.strictEqual(both(() => map), "{1:2}");
    const asking = { toString: fail, valueOf: fail, toJSON: fail };
    const list = Object.assign([1], asking);
    assert.strictEqual(both(() => list), "list[1]");
    const hidden = Object.defineProperties({ a: 1 }, {
      toJSON: { value: fail },
      [Symbol.toPrimitive]: { value: fail },
    });
    assert.strictEqual(both(() => hidden), "{'a':1}");
  });

  test("a value whose prototype changes between two looks is an error or a result", () => {
    for (
      const prototypes of [[Object, Map], [Object, Set], [Map, Set], [Set, Map], [Map, Object]]
    ) {
      let looks = 0;
      const value = new Proxy({ a: 1 }, {
        getPrototypeOf: () => prototypes[looks++ % 2]!.prototype,
      });
      assert.match(of([value]), /^PyConversionError: Cannot convert \$\[0\]|^list\[/);
    }
    assert.strictEqual(evaluate("1 + 1"), 2);
  });

  test("getters that change the graph harm nobody", () => {
    const probe = evaluate("object()");
    const before = references(probe);
    const graph: Record<string, unknown> = { first: [probe] };
    graph.list = Object.defineProperty([[probe], [probe]], 0, {
      get() {
        graph.first = null;
        delete graph.last;
        (graph.map as Map<unknown, unknown>).clear();
        return graph;
      },
    });
    graph.map = new Map<unknown, unknown>([["k", [probe]], [probe, graph]]);
    graph.last = { probe };
    py.scope(() => void py.toPython([graph, [graph]]));
    collectPython();
    assert.strictEqual(references(probe), before);
  });
});
