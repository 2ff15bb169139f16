import assert from "node:assert/strict";
import { describe } from "node:test";
import { outcomes } from "../fixtures/outcome.ts";
import { evaluate, test } from "../fixtures/python.ts";

class Shape {
  static corners = 0;
  static made: Shape[] = [];
  readonly name: string;

  constructor(name = "shape", options?: { big: boolean }) {
    if (name === "") throw new RangeError("a name, please");
    this.name = options?.big ? name.toUpperCase() : name;
  }

  static of(name: string): Shape {
    return new this(name);
  }
}

class Square extends Shape {
  static override corners = 4;
}

describe("a class in Python", () => {
  test("is called to do `new`, with keyword arguments as one trailing object", () => {
    outcomes({ Shape }, {
      "Shape().name, Shape('a').name, Shape('a', big=True).name": "('shape', 'a', 'A')",
      "Shape('')": "JsRangeError: RangeError: a name, please",
      "Shape()": "<js a value of class Shape>",
      "callable(Shape), Shape": "(True, <js class Shape>)",
    });
  });

  test("has its static members, with `this` kept", () => {
    outcomes({ Shape, Square }, {
      "Shape.corners, Square.corners, Square.of('s').name": "(0, 4, 's')",
      "isinstance(Square.of('s'), Square)": "True",
      "Shape.name, Shape.length, Shape['corners'], 'of' in Shape": "('Shape', 0, 0, True)",
      "setattr(Shape, 'extra', 5), Shape.extra, delattr(Shape, 'extra')": "(None, 5, None)",
      "Shape.prototype": "<js a value of class Object>",
    });
  });

  test("answers isinstance() and issubclass() as instanceof does", () => {
    outcomes({ Shape, Square, square: new Square(), Array, date: Date }, {
      "isinstance(square, Shape), isinstance(square, Square), isinstance(Shape(), Square)":
        "(True, True, False)",
      "isinstance(1, Shape), isinstance([], Array), isinstance(None, Shape)":
        "(False, False, False)",
      "isinstance(square, (date, Shape))": "True",
      "issubclass(Square, Shape), issubclass(Shape, Square), issubclass(Shape, Shape)":
        "(True, False, True)",
      "issubclass(int, Shape)": "False",
    });
  });

  test("comes back as itself, and so do its instances", () => {
    const echo = evaluate("lambda x: x");
    assert.strictEqual(echo(Shape), Shape);
    assert.strictEqual(echo([Shape])[0], Shape);
    const made = evaluate("Shape('b')", { Shape });
    assert.ok(made instanceof Shape && made.name === "b");
    assert.strictEqual(evaluate("lambda a, b: a is b")(Shape, Shape), true);
  });

  test("of the language: what it makes is live", () => {
    outcomes({ Map, Date, URL, Array, Uint8Array, Error: TypeError }, {
      "Map().set('a', 1).size, len(Map([['a', 1]]))": "(1, 1)",
      "Date(0).toISOString()": "'1970-01-01T00:00:00.000Z'",
      "URL('http://a.b/c?d=1').searchParams.get('d'), isinstance(URL('http://a'), URL)":
        "('1', True)",
      "[*Array(1, 2)], Array.isArray([]), Array['of'](1)": "([1, 2], False, [1])",
      "bytes(Uint8Array(2))": "b'\\x00\\x00'",
      "URL('nowhere')": /^JsTypeError: TypeError: .*[Ii]nvalid URL|cannot be parsed/,
      "Error('x')": /^JsTypeError\('x'\)$/,
    });
  });

  test("of values that are no objects converts, without `new`", () => {
    outcomes({ Number, String, Boolean, BigInt, Symbol }, {
      "Number('3'), String(5), Boolean(''), BigInt(7), Symbol('x')":
        "(3, '5', False, 7, <js Symbol(x)>)",
    });
  });

  test("in a Proxy is a class, an ordinary function is none, whatever its prototype", () => {
    const typeOf = evaluate("lambda x: type(x).__name__");
    const frozen = Object.freeze(function plain() {});
    Object.freeze(frozen.prototype);
    const method = { class() {} }.class;
    const generator = { *class() {} }.class;
    const proxied = new Proxy(class Inner {}, {});
    assert.strictEqual(typeOf(proxied), "JsObject");
    assert.strictEqual(typeOf(class {}), "JsObject");
    assert.strictEqual(typeOf(Proxy), "JsObject");
    for (
      const fn of [
        frozen,
        method,
        generator,
        () => 1,
        Math.max,
        async () => {},
        function () {},
      ]
    ) {
      assert.notStrictEqual(typeOf(fn), "JsObject", String(fn));
    }
    assert.strictEqual(evaluate("repr(c)", { c: (() => class {})() }), "<js class>");
  });
});
