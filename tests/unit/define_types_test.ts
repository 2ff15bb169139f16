/**
 * What TypeScript's compiler makes of declarations: the checks happen when this file is compiled. A line
 * that must be refused is marked by `@ts-expect-error`, which is an error itself where nothing is refused.
 * @module
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  type GivenOf,
  type JsOf,
  type PyBuffer,
  pyClass,
  pyEnum,
  pyFunction,
  pyModule,
  type PyObject,
  pyRecord,
  t,
} from "../../mod.ts";

/** Fails to compile unless both types are the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true
  : false;

function js<T>(_type: T) {
  return { is: <B>(_same: Same<JsOf<T>, B>): void => {} };
}

function given<T>(_type: T) {
  return { is: <B>(_same: Same<GivenOf<T>, B>): void => {} };
}

class Message {
  constructor(readonly type: string, readonly payload: unknown) {}
  static make(): Message {
    return new Message("", null);
  }
  send(): void {}
}

describe("t", () => {
  it("says what TypeScript gets", () => {
    // deno-lint-ignore no-explicit-any -- the very type
    js(t.any).is<any>(true);
    js(t.none).is<null>(true);
    js(t.bool).is<boolean>(true);
    js(t.int).is<number>(true);
    js(t.bigint).is<bigint>(true);
    js(t.float).is<number>(true);
    js(t.str).is<string>(true);
    js(t.bytes).is<Uint8Array>(true);
    js(t.object).is<PyObject>(true);
    js(t.datetime).is<Date>(true);
    js(t.timedelta).is<number>(true);
    js(t.path).is<string>(true);
    js(t.decimal).is<string>(true);
    js(t.uuid).is<string>(true);
    js(t.list(t.list(t.str))).is<string[][]>(true);
    js(t.tuple(t.int, t.str)).is<[number, string]>(true);
    js(t.dict(t.str, t.int)).is<Record<string, number>>(true);
    js(t.dict(t.int, t.str)).is<Map<number, string>>(true);
    js(t.dict(t.path, t.str)).is<Record<string, string>>(true);
    js(t.dict(t.literal(1, "a"), t.str)).is<Map<1 | "a", string>>(true);
    js(t.set(t.int)).is<Set<number>>(true);
    js(t.optional(t.int)).is<number | null>(true);
    js(t.union(t.int, t.str)).is<string | number>(true);
    js(t.literal("a", 1, null)).is<"a" | 1 | null>(true);
    js(t.instance(Message)).is<Message>(true);
    js(t.instance(() => Message)).is<Message>(true);
    js(t.buffer("d")).is<PyBuffer>(true);
    js(t.awaitable(t.int)).is<Promise<number>>(true);
    js(t.asyncIterator(t.int)).is<AsyncIterableIterator<number>>(true);
    js(t.args(t.int)).is<number[]>(true);
    js(t.kwargs(t.int)).is<Record<string, number>>(true);
    js(t.str.default("a")).is<string>(true);
    js(t.str.default(null)).is<string | null>(true);
    js(t.str.positionalOnly().default(null)).is<string | null>(true);
    js(t.record("R", { x: t.int, y: t.str.default(null) }))
      .is<{ x: number; y: string | null }>(true);
    assert.ok(true);
  });

  it("says what TypeScript may give", () => {
    given(t.int).is<number | bigint>(true);
    given(t.float).is<number>(true);
    given(t.none).is<null | undefined | void>(true);
    given(t.list(t.int)).is<Iterable<number | bigint>>(true);
    given(t.tuple(t.str, t.str)).is<readonly [string, string]>(true);
    given(t.set(t.str)).is<ReadonlySet<string>>(true);
    given(t.optional(t.str)).is<string | null | undefined>(true);
    given(t.decimal).is<string | number | bigint>(true);
    given(t.str.default(null)).is<string | null>(true);
    given(t.awaitable(t.str)).is<PromiseLike<string> | string | PyObject>(true);
    given(t.asyncIterator(t.str)).is<AsyncIterable<string> | PyObject>(true);
    assert.ok(true);
  });

  it("refuses defaults of another type", () => {
    // @ts-expect-error a default of another type
    t.int.default("a");
    // @ts-expect-error not one of the values
    t.literal("a", "b").default("c");
    // @ts-expect-error no type of t
    assert.throws(() => t.list("str"));
    // @ts-expect-error no class
    assert.throws(() => t.instance("Message"));
  });
});

describe("pyFunction()", () => {
  it("gives the implementation its parameters in their order", () => {
    pyFunction("create_message", {
      doc: "Create a message.",
      params: { message_type: t.str, payload: t.any.default(null) },
      returns: t.instance(Message),
    }, (messageType, payload) => {
      const type: string = messageType;
      return new Message(type, payload);
    });
    pyFunction("f", {
      params: {
        a: t.int,
        b: t.list(t.str),
        c: t.args(t.float),
        d: t.optional(t.bool).keywordOnly(),
        e: t.kwargs(t.any),
      },
      returns: t.int,
    }, (a, b, c, d, e) => {
      const all: [number, string[], number[], boolean | null, Record<string, unknown>] = [
        a,
        b,
        c,
        d,
        e,
      ];
      return all[0];
    });
    // Names that TypeScript met before, in another order than here.
    pyFunction("f", { params: { zeta: t.str, alpha: t.int } }, (a, b) => {
      const all: [string, number] = [a, b];
      return all;
    });
    pyFunction("f", { params: { alpha: t.int, zeta: t.str } }, (a, b) => {
      const all: [number, string] = [a, b];
      return all;
    });
    pyFunction(
      "f",
      { params: { r: t.int, name: t.str, a: t.bool, type: t.float, key: t.bytes } },
      (a, b, c, d, e) => {
        const all: [number, string, boolean, number, Uint8Array] = [a, b, c, d, e];
        return all;
      },
    );
    pyFunction(
      "f",
      { params: { key: t.int, type: t.str, a: t.bool, name: t.float, r: t.bytes } },
      (a, b, c, d, e) => {
        const all: [number, string, boolean, number, Uint8Array] = [a, b, c, d, e];
        return all;
      },
    );
    const shared = { key: t.int, type: t.str };
    pyFunction("f", { params: shared }, (a, b) => {
      const all: [number, string] = [a, b];
      return all;
    });
    const turned = { type: t.str, key: t.int };
    pyFunction("f", { params: turned }, (a, b) => {
      const all: [string, number] = [a, b];
      return all;
    });
    pyFunction("f", {}, (...args) => args.length);
    pyFunction("f", { params: {} }, () => 1);
    pyFunction(
      "f",
      { params: { b: t.list(t.str), a: t.int } },
      (b: string[], a: number) => a + b.length,
    );
    assert.ok(true);
  });

  it("checks what the implementation takes and returns", () => {
    // @ts-expect-error the result is no int
    pyFunction("f", { params: { a: t.int }, returns: t.int }, (a) => String(a));
    // @ts-expect-error the parameter is no string
    pyFunction("f", { params: { a: t.int } }, (a: string) => a);
    // @ts-expect-error there is no second parameter
    pyFunction("f", { params: { a: t.int } }, (a, b) => [a, b]);
    // @ts-expect-error a class of another shape
    pyFunction("f", { params: {}, returns: t.instance(Message) }, () => new Date());
    // @ts-expect-error no type of t
    assert.throws(() => pyFunction("f", { params: { a: "int" } }, () => null));
    // @ts-expect-error no such option
    assert.throws(() => pyFunction("f", { parms: {} }, () => null));
    // @ts-expect-error overloads are signatures
    assert.throws(() => pyFunction("f", { overloads: [1] }, () => null));
    pyFunction("f", { params: { a: t.int }, returns: t.none }, (a) => void a);
    pyFunction("f", { params: {}, returns: t.awaitable(t.int) }, () => Promise.resolve(1));
    pyFunction("f", {
      params: { x: t.union(t.int, t.str) },
      overloads: [{ params: { x: t.int }, returns: t.int }, {
        params: { x: t.str },
        returns: t.str,
      }],
    }, (x) => x);
  });
});

describe("pyClass()", () => {
  it("knows the members of the class", () => {
    class A {
      x = 1;
      #hidden = 2;
      run(): number {
        return this.#hidden;
      }
    }
    pyClass(A, {
      methods: { run: { params: {}, returns: t.int } },
      properties: { x: t.int },
      dunders: {
        __len__: "x",
        __bool__: () => true,
        __add__(this: A, other: number) {
          return this.x + other;
        },
      },
    });
    class B extends A {}
    // @ts-expect-error there is no such method
    assert.throws(() => pyClass(B, { methods: { go: {} } }));
    // @ts-expect-error there is no such property
    const c = pyClass(class C extends A {}, { properties: { z: t.int } });
    assert.equal(c.properties.length, 1);
    // @ts-expect-error no class
    assert.throws(() => pyClass({}));
    // @ts-expect-error no such option
    assert.throws(() => pyClass(B, { method: {} }));
    // @ts-expect-error no type of t
    assert.throws(() => pyClass(B, { init: { params: { x: "int" } } }));
  });

  it("knows the type of its instances", () => {
    const declared = pyClass(Message, { init: { type: t.str, payload: t.any } });
    js(t.instance(declared)).is<Message>(true);
    js(declared.type).is<Message>(true);
    assert.equal(declared.cls, Message);
  });
});

describe("pyEnum(), pyRecord(), pyModule()", () => {
  enum Level {
    Low = 1,
    High = 2,
  }
  it("know their values", () => {
    const level = pyEnum("Level", { Low: 1, High: 2 });
    js(t.instance(level)).is<1 | 2>(true);
    // A numeric enum of TypeScript has its members' names as well.
    pyFunction("f", { params: { level: t.instance(pyEnum("Level", Level)) } }, (level) => {
      return level === Level.Low;
    });
    const point = pyRecord("Point", { fields: { x: t.float, name: t.str.default(null) } });
    js(t.instance(point)).is<{ x: number; name: string | null }>(true);
    given(t.instance(point)).is<{ readonly x: number; readonly name?: string | null }>(true);
    // @ts-expect-error a value that the enum has not
    pyFunction("f", { params: {}, returns: t.instance(level) }, () => 3);
    // @ts-expect-error a field is missing
    pyFunction("f", { params: {}, returns: t.instance(point) }, () => ({ name: null }));
    // @ts-expect-error no value of an enum
    assert.throws(() => pyEnum("E", { A: true }));
    // @ts-expect-error no such kind
    assert.throws(() => pyEnum("E", { A: 1 }, { kind: "List" }));
    // @ts-expect-error no type of t
    assert.throws(() => pyRecord("R", { fields: { x: "int" } }));
  });

  it("take members of every kind", () => {
    class Undeclared {}
    const module = pyModule("m", {
      members: [
        pyFunction("f", { params: { a: t.int }, returns: t.int }, (a) => a),
        pyRecord("R", { fields: { x: t.int } }),
        pyEnum("E", { A: "a" }),
        function plain() {},
        Undeclared,
        pyModule("child"),
      ],
    });
    assert.equal(module.members.size, 6);
    // @ts-expect-error no member
    assert.throws(() => pyModule("m", { members: [1] }));
  });
});
