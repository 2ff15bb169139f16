import assert from "node:assert/strict";
import { describe } from "node:test";
import fc from "fast-check";
import type { PyBuffer } from "../../mod.ts";
import { evaluate, fromEnvironment, py, testWith } from "../fixtures/python.ts";

/** Examples a property: PYDUET_RUNS=100000 for a long look. */
const RUNS = {
  numRuns: fromEnvironment("PYDUET_RUNS", 200),
  seed: fromEnvironment("PYDUET_SEED", 1),
};

const DTYPES = "i1 u1 i2 u2 i4 u4 i8 u8 f2 f4 f8 ?".split(" ");

/** An index that keeps its dimension. */
const slices = fc.tuple(
  fc.option(fc.integer({ min: -5, max: 5 })),
  fc.option(fc.integer({ min: -5, max: 5 })),
  fc.constantFrom(-3, -2, -1, 1, 2, 3),
).map((parts) => parts.map((part) => part ?? "").join(":"));

/** Views of numpy arrays, as Python expressions. */
const views = fc.tuple(
  fc.constantFrom(...DTYPES),
  fc.array(fc.nat(4), { maxLength: 5 }),
  fc.array(slices, { maxLength: 5 }),
  fc.boolean(),
  fc.option(fc.nat(4)),
).map(([dtype, shape, cuts, transposed, item]) => {
  const count = shape.reduce((product, length) => product * length, 1);
  let code = `(numpy.arange(${count}) % 100).astype('${dtype}').reshape(${tuple(shape)})`;
  const used = cuts.slice(0, shape.length);
  if (used.length > 0) code += `[${used.join(", ")}]`;
  if (transposed) code += ".T";
  if (item !== null && shape.length > 0) code += `[..., ${item}:${item + 1}]`;
  return code;
});

const tuple = (shape: number[]): string => `(${shape.map((length) => `${length},`).join("")})`;

/** The items in C order, read by the strides. */
function flat({ data, shape, strides, offset }: PyBuffer): number[] {
  const read = (place: number, dimension: number): number[] =>
    dimension === shape.length
      ? [Number(data[place])]
      : Array.from({ length: shape[dimension]! }, (_, i) => i)
        .flatMap((i) => read(place + i * strides[dimension]!, dimension + 1));
  return read(offset, 0);
}

describe("views of numpy arrays", () => {
  testWith(
    ["numpy"],
    "have the same items by data, shape, strides and offset as by tolist()",
    () => {
      fc.assert(
        fc.property(views, (code) =>
          py.scope(() => {
            const array = evaluate(`import numpy\n${code}`);
            using buffer = array.$.buffer();
            const expected = array.astype("f8").ravel().tolist().$.toJs() as number[];
            assert.deepEqual(buffer.shape, array.shape.$.toJs());
            assert.deepEqual(flat(buffer), expected);
            assert.strictEqual(buffer.contiguous, array.flags.c_contiguous);
            const typed = array.$.toJs({ arrays: "typed" });
            if (array.ndim > 1 && array.dtype.kind !== "b") {
              assert.deepEqual(typed.shape, buffer.shape);
              assert.deepEqual(Array.from(typed.data, Number), expected);
            }
          })),
        RUNS,
      );
    },
  );

  testWith(["numpy"], "written through data are written in numpy", () => {
    fc.assert(
      fc.property(views, (code) =>
        py.scope(() => {
          const array = evaluate(`import numpy\na = ${code}\na`);
          using buffer = array.$.buffer({ writable: true });
          const one = buffer.data.constructor.name.startsWith("Big") ? 1n : 1;
          buffer.data.fill(one as never);
          assert.strictEqual(evaluate("lambda a: bool((a == 1).all())")(array), true);
        })),
      RUNS,
    );
  });
});
