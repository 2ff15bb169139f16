/**
 * Which form of messages a program speaks.
 * @module
 */
import { MessageError, shown } from "./message_error.ts";

/** Which form of messages a program speaks. Those with the same first number understand one another. */
export class ProtocolVersion {
  /** The one that this library speaks: 1.0. */
  static readonly CURRENT: ProtocolVersion = new ProtocolVersion(1, 0);

  /** Another one means another form. */
  readonly major: number;
  /** Counts what was added. */
  readonly minor: number;

  /** Takes two whole numbers from 0 to 65535. Throws a {@link MessageError}. */
  constructor(major: number, minor: number) {
    for (const part of [major, minor]) {
      if (!Number.isInteger(part) || part < 0 || part > 65535) {
        throw new MessageError(
          "InvalidProtocolVersion",
          `a protocol version is two whole numbers from 0 to 65535, not ${shown(part)}`,
          { field: "version" },
        );
      }
    }
    this.major = major;
    this.minor = minor;
    Object.freeze(this);
  }

  /** The version that a text such as `"1.0"` is. Throws a {@link MessageError}. */
  static parse(text: string): ProtocolVersion {
    if (text === "1.0") return ProtocolVersion.CURRENT;
    const parts = typeof text === "string" ? /^(\d{1,5})\.(\d{1,5})$/.exec(text) : null;
    if (parts) return new ProtocolVersion(Number(parts[1]), Number(parts[2]));
    throw new MessageError(
      "InvalidProtocolVersion",
      `a protocol version is written as "1.0", not ${shown(text)}`,
      { field: "version" },
    );
  }

  /** Whether both have the same first number. */
  isCompatible(other: ProtocolVersion): boolean {
    return this.major === other.major;
  }

  /** Whether both are the same. */
  equals(other: unknown): boolean {
    return other instanceof ProtocolVersion && other.major === this.major &&
      other.minor === this.minor;
  }

  /** `"1.0"` */
  toString(): string {
    return `${this.major}.${this.minor}`;
  }

  /** `"1.0"` */
  toJSON(): string {
    return this.toString();
  }
}
