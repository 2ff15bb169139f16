/**
 * How large a payload is, as far as that can be said without writing it.
 * @module
 */
import { Buffer } from "node:buffer";

/**
 * Bytes of a payload: of text its UTF-8, of bytes themselves, of plain data about what JSON would take. Looks no
 * further once there are more than `most`. What crosses as itself, such as an instance of a class or an object of
 * Python, is never copied and counts nothing.
 */
export function sizeOf(payload: unknown, most: number): number {
  if (typeof payload === "string") return Buffer.byteLength(payload);
  if (typeof payload !== "object" || payload === null) return 8;
  if (ArrayBuffer.isView(payload) || payload instanceof ArrayBuffer) return payload.byteLength;
  let size = 0;
  const stack: unknown[] = [payload];
  while (stack.length > 0 && size <= most) {
    const value = stack.pop();
    if (typeof value === "string") size += Buffer.byteLength(value) + 2;
    else if (typeof value !== "object" || value === null) size += 4;
    else if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) size += value.byteLength;
    else if (Array.isArray(value)) {
      size += value.length + 2;
      for (let i = 0; i < value.length && size + stack.length <= most; i++) stack.push(value[i]);
    } else if (isPlain(value)) {
      size += 2;
      for (const key in value) {
        size += key.length + 4;
        stack.push((value as Record<string, unknown>)[key]);
      }
    }
  }
  return size;
}

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
