/**
 * Memory without a copy: what takes the time is the crossing, whatever the size. The column
 * "floor" is the same work on a kilobyte.
 * @module
 */

import { backend } from "../src/ffi/select.ts";
import { each } from "./measure.ts";
import { type Bench, ofFloor, piece, row, type Topic } from "./topic.ts";

/** Elements of 8 bytes in a kilobyte, and in a gigabyte; memory that nobody touches is not there. */
const FEW = 128;
const MANY = 2 ** 27;

/** Rows of buffers. */
export function topic({ py }: Bench): Topic {
  const np = py.import("numpy");
  const { asarray, frombuffer } = np;
  const { memoryview, len } = py.builtins;
  const small = np.empty(FEW);
  const large = np.empty(MANY);
  const few = new Float64Array(FEW);
  const many = new Float64Array(MANY);
  const address = backend.fromNumber(large.ctypes.data);
  const look = (array: typeof small) => () => {
    const buffer = array.$.buffer();
    const { length } = buffer.data;
    buffer.release();
    return length;
  };
  const pass = (array: Float64Array) => () => {
    using made = asarray(array);
    return made;
  };
  return {
    title: "Buffers: 1 GB beside 1 KB, without a copy",
    rows: [
      row("numpy array seen by TypeScript: $.buffer(), release()", {
        floor: each(look(small)),
        ours: each(look(large)),
      }, {
        goals: [ofFloor(1.3)],
        note: "one engine takes an ArrayBuffer over foreign memory for memory of its own, and " +
          "looks for garbage after each gigabyte; the piece without our code shows it",
      }),
      row("Float64Array seen by Python: np.asarray(it)", {
        floor: each(pass(few)),
        ours: each(pass(many)),
      }, { goals: [ofFloor(1.3)] }),
    ],
    pieces: [
      piece(
        "an ArrayBuffer over 1 GB, made and detached",
        each(() => {
          // SAFETY: memory of the numpy array, which lives as long as this topic.
          const view = backend.unsafeView(address, MANY * 8);
          view.buffer.transfer(0);
        }),
      ),
      piece("len(memoryview(bytes)) of 1 KB", each(() => len(memoryview(new Uint8Array(1024))))),
      piece(
        "np.frombuffer(bytes) of 1 KB",
        each(() => {
          using made = frombuffer(new Uint8Array(1024));
          return made;
        }),
      ),
    ],
  };
}
