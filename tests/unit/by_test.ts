import assert from "node:assert/strict";
import { describe } from "node:test";
import { byRef, byValue, PyConversionError } from "../../mod.ts";
import { evaluate, forGood, py, seen, test, thrownBy } from "../fixtures/python.ts";

const echo = forGood(() => evaluate("lambda x: x"));
const typeOf = forGood(() => evaluate("lambda x: type(x).__name__"));

class Point {
  x = 1;
  y = [2];
  #hidden = 3;
  get sum(): number {
    return this.x + this.#hidden;
  }
}

describe("byRef()", () => {
  test("containers are JsObjects, the very same on their way back, at any depth", () => {
    for (
      const value of [[1], { a: 1 }, new Map([[1, 2]]), new Set([1]), new Date(0), new Point()]
    ) {
      assert.strictEqual(typeOf(byRef(value)), "JsObject");
      assert.strictEqual(echo(byRef(value)), value);
      assert.strictEqual(echo([{ a: byRef(value) }])[0].$.get("a"), value);
    }
  });

  test("bytes are a memoryview of the same memory", () => {
    const bytes = Uint8Array.of(1, 2, 3);
    evaluate("lambda m: m.__setitem__(0, 7)")(byRef(bytes));
    assert.deepEqual(bytes, Uint8Array.of(7, 2, 3));
    assert.strictEqual(typeOf(byRef(bytes)), "memoryview");
    const buffer = new ArrayBuffer(4);
    evaluate("lambda m: m.__setitem__(3, 9)")(byRef(buffer));
    assert.deepEqual(new Uint8Array(buffer), Uint8Array.of(0, 0, 0, 9));
    assert.strictEqual(typeOf(bytes), "bytes");
  });

  test("what has no copy crosses as ever", () => {
    const fn = (): number => 1;
    const object = evaluate("object()");
    assert.strictEqual(seen(byRef(1)), "int 1");
    assert.strictEqual(seen(byRef("a")), "str 'a'");
    assert.strictEqual(echo(byRef(fn)), fn);
    assert.ok(echo(byRef(object)).$.is(object));
    assert.strictEqual(seen(byRef(undefined)), "NoneType None");
    const floats = new Float64Array(2);
    assert.strictEqual(echo(byRef(floats)), floats);
  });
});

describe("byValue()", () => {
  test("a class instance is a dict of its own properties, deep", () => {
    assert.strictEqual(seen(byValue(new Point())), "dict {'x': 1, 'y': [2]}");
    assert.strictEqual(seen([byValue({ p: new Point() })]), "list [{'p': {'x': 1, 'y': [2]}}]");
  });

  test("shared references and cycles stay", () => {
    const point = new Point() as Point & { self?: unknown };
    point.self = point;
    assert.strictEqual(
      evaluate("lambda xs: xs[0] is xs[1] and xs[0]['self'] is xs[0]")(byValue([point, point])),
      true,
    );
  });

  test("a typed array is a memoryview of other memory", () => {
    const floats = Float64Array.of(1, 2);
    evaluate("lambda m: m.__setitem__(0, 7.0)")(byValue(floats));
    assert.deepEqual(floats, Float64Array.of(1, 2));
    assert.strictEqual(evaluate("lambda m: m.format")(byValue(floats)), "d");
    assert.strictEqual(seen(byValue(Uint8Array.of(1))), "bytes b'\\x01'");
  });

  test("a PyObject is copied by copy.deepcopy()", () => {
    const list = py.toPython([[1]]);
    assert.strictEqual(
      evaluate("lambda a, b: a == b and a[0] is not b[0]")(list, byValue(list)),
      true,
    );
  });

  test("a Map, a Set, a Date, a sparse array and 100,000 levels", () => {
    const value = [new Map([["a", new Set([1])]]), new Date(0)];
    value.length = 3;
    assert.strictEqual(
      seen(byValue(value)),
      "list [{'a': {1}}, datetime.datetime(1970, 1, 1, 0, 0, tzinfo=datetime.timezone.utc), None]",
    );
    let deep: unknown = new Point();
    for (let i = 0; i < 100_000; i++) deep = [deep];
    assert.strictEqual(typeOf(byValue(deep)), "list");
  });

  test("what has no copy is an error with its path", () => {
    const message = (value: unknown): string => {
      const error = thrownBy(() => echo(byValue(value)));
      assert.ok(error instanceof PyConversionError);
      return error.message;
    };
    assert.strictEqual(
      message({ a: [() => 1] }),
      "Cannot convert $.a[0]: a function has no copy; leave byValue() out to pass it as it is",
    );
    assert.match(message([/x/]), /^Cannot convert \$\[0\]: a value of class RegExp has no copy/);
    assert.match(message(new Map([["k", [].values()]])), /^Cannot convert \$\.k: .* has no copy/);
    assert.match(message(Promise.resolve()), /has no copy/);
  });
});
