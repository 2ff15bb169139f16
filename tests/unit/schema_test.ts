import assert from "node:assert/strict";
import { describe } from "node:test";
import process from "node:process";
import * as v from "valibot";
import { z } from "zod";
import { PyConversionError, type StandardSchema } from "../../mod.ts";
import { evaluate, forGood, py, test, thrownBy } from "../fixtures/python.ts";

/** Fails to compile unless both types are the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true
  : false;

function typed<A, B>(_same: Same<A, B>): void {}

const user = forGood(() =>
  evaluate(`
import datetime
{"name": "Ada", "age": 36, "tags": ["a", "b"],
 "born": datetime.datetime(1815, 12, 10, tzinfo=datetime.timezone.utc)}`)
);
const bad = forGood(() =>
  evaluate('{"users": [{"name": 1, "tags": ["a"]}, {"name": "B", "tags": ["a", None]}]}')
);

const born = new Date("1815-12-10T00:00:00Z");

/** One shape in both libraries, with what they say to what is wrong. */
const LIBRARIES = {
  zod: {
    user: z.object({
      name: z.string(),
      age: z.number().transform((age) => BigInt(age)),
      tags: z.array(z.string()),
      born: z.date(),
      email: z.string().default("none"),
    }),
    users: z.object({ users: z.array(z.object({ name: z.string(), tags: z.array(z.string()) })) }),
    keyed: z.map(z.string(), z.number()),
    asynchronous: z.object({ name: z.string().refine(() => Promise.resolve(true)) }),
  },
  valibot: {
    user: v.object({
      name: v.string(),
      age: v.pipe(v.number(), v.transform((age) => BigInt(age))),
      tags: v.array(v.string()),
      born: v.date(),
      email: v.optional(v.string(), "none"),
    }),
    users: v.object({ users: v.array(v.object({ name: v.string(), tags: v.array(v.string()) })) }),
    keyed: v.map(v.string(), v.number()),
    asynchronous: v.objectAsync({ name: v.string() }),
  },
};

interface User {
  name: string;
  age: bigint;
  tags: string[];
  born: Date;
  email: string;
}

describe("$.toJs(schema) types", () => {
  test("the result has the schema's output type", () => {
    const byZod = user.$.toJs(LIBRARIES.zod.user);
    const dollar = py.toPython({}).$;
    const zodUser = () => dollar.toJs(LIBRARIES.zod.user);
    const valibotUser = () => dollar.toJs(LIBRARIES.valibot.user);
    typed<ReturnType<typeof zodUser>, User>(true);
    typed<ReturnType<typeof valibotUser>, User>(true);
    const cast = () => dollar.toJs<User[]>({ depth: 2 });
    typed<ReturnType<typeof cast>, User[]>(true);
    assert.strictEqual(typeof byZod.age, "bigint");
  });
});

for (const [library, schemas] of Object.entries(LIBRARIES)) {
  describe(`$.toJs(schema) of ${library}`, () => {
    test("gives what the schema makes of the data", () => {
      assert.deepStrictEqual(user.$.toJs(schemas.user as StandardSchema<User>), {
        name: "Ada",
        age: 36n,
        tags: ["a", "b"],
        born,
        email: "none",
      });
    });

    test("an error has the path of the first issue, and every issue with its own", () => {
      const error = thrownBy(() => bad.$.toJs(schemas.users as StandardSchema<unknown>));
      assert.ok(error instanceof PyConversionError);
      assert.strictEqual(error.path, "$.users[0].name");
      assert.match(error.message, /^Cannot convert \$\.users\[0\]\.name: /);
      assert.match(
        error.message,
        /\$\.users\[0\]\.name: Invalid.*string.*; \$\.users\[1\]\.tags\[1\]: Invalid/,
      );
    });

    test("an error at the root, and at a Map's key", () => {
      const whole = thrownBy(() => bad.$.toJs(schemas.keyed as StandardSchema<unknown>));
      assert.match(whole.message, /^Cannot convert \$: \$: Invalid.*Map/i);
      const keyed = thrownBy(() =>
        py.toPython({ "a b": "x" }).$.toJs(schemas.keyed as StandardSchema<unknown>, {
          dicts: "map",
        })
      );
      assert.match(keyed.message, /^Cannot convert \$\["a b"\]: /);
    });

    test("an asynchronous schema is refused", () => {
      const error = thrownBy(() => user.$.toJs(schemas.asynchronous as StandardSchema<unknown>));
      assert.ok(error instanceof TypeError);
      assert.strictEqual(
        error.message,
        `This ${library} schema validates asynchronously; use $.toJs() and validate its result`,
      );
    });

    test("options say how the data are made that the schema sees", () => {
      const map = py.toPython({ a: 1 }).$.toJs(schemas.keyed as StandardSchema<unknown>, {
        dicts: "map",
      });
      assert.deepEqual(map, new Map([["a", 1]]));
    });

    test("what cannot be converted is an error before the schema is asked", () => {
      const error = thrownBy(() =>
        evaluate("[{1: 2, True: 3, 1.5: object()}]")
          .$.toJs(schemas.user as StandardSchema<User>, { unknown: "throw" })
      );
      assert.match(error.message, /^Cannot convert \$\[0\].*has no plain form/);
    });
  });
}

describe("$.toJs(schema) of any library", () => {
  test("a schema may be a function, and its validate may need its this", () => {
    const standard = {
      version: 1 as const,
      vendor: "own",
      least: 3,
      validate(value: unknown) {
        return (value as number[]).length < this.least
          ? { issues: [{ message: "too few" }] }
          : { value: value as number[] };
      },
    };
    const schema = Object.assign(() => {}, { "~standard": standard });
    assert.deepEqual(py.toPython([1, 2, 3]).$.toJs(schema), [1, 2, 3]);
    const error = thrownBy(() => py.toPython([1]).$.toJs(schema));
    assert.strictEqual(error.message, "Cannot convert $: $: too few");
  });

  test("what an asynchronous schema throws later is nobody's, and does not end the process", async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown): void => void unhandled.push(reason);
    const schema: StandardSchema<never> = {
      "~standard": {
        version: 1,
        vendor: "own",
        validate: () => Promise.reject(new Error("too late")),
      },
    };
    process.on("unhandledRejection", note);
    try {
      const error = thrownBy(() => py.toPython([1]).$.toJs(schema));
      assert.match(error.message, /This own schema validates asynchronously/);
      await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
      assert.deepEqual(unhandled, []);
    } finally {
      process.off("unhandledRejection", note);
    }
  });

  test("any key may stand in an issue's path", () => {
    const path = ["a", { key: 0 }, { key: "b-c" }, Symbol("s")];
    const schema: StandardSchema<never> = {
      "~standard": {
        version: 1,
        vendor: "own",
        validate: () => ({ issues: [{ message: "no", path }] }),
      },
    };
    const error = thrownBy(() => py.toPython([1]).$.toJs(schema));
    assert.strictEqual((error as PyConversionError).path, '$.a[0]["b-c"][Symbol(s)]');
  });

  test("what is neither schema nor options is refused", () => {
    const error = thrownBy(() => py.toPython([1]).$.toJs(LIBRARIES as never));
    assert.match(error.message, /\$\.toJs\(\) has no option "zod"/);
  });
});
