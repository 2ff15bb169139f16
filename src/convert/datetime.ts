/**
 * The datetime family, both directions: `Date` and the Temporal types, exact
 * or an error. Between the languages most of it is ISO text.
 * @module
 */

import { keyOfType } from "../capi/layout.ts";
import type { New, Ref } from "../capi/reference.ts";
import type { Interpreter } from "../interpreter/interpreter.ts";
import type { Numbers } from "./number.ts";
import type { ToJsOptions } from "./options.ts";
import { Reason } from "./path.ts";
import type { Rules } from "./rules.ts";
import type { Strings } from "./string.ts";

/** Conversions of dates. All need the GIL. Both throw a {@link Reason}. */
export interface Dates {
  /** Of a Date or a Temporal value; `null` for any other. */
  dateToPython(value: object): New | null;
  /** Of a date, datetime, time or timedelta. */
  dateToJs(object: Ref, form: ToJsOptions["dates"]): unknown;
}

/** A function of python/pyduet/_dates.py; the arguments stay with their owner. */
export type DatesInPython = (
  name: "utc" | "delta" | "datetime_of" | "date_of" | "time_of" | "in_zone" | "plain",
  ...args: Ref[]
) => New;

/** What is needed of a Temporal class; a runtime, or a compiler, may not know Temporal. */
interface TemporalClass {
  readonly prototype: object;
  from(text: string): unknown;
}
type TemporalName = keyof typeof METHODS;

/** How Python makes the value of each class. */
const METHODS = {
  Instant: "datetime_of",
  ZonedDateTime: "datetime_of",
  PlainDateTime: "datetime_of",
  PlainDate: "date_of",
  PlainTime: "time_of",
  Duration: "delta",
} as const;

/** Of datetime.min and datetime.max, in UTC. */
const EARLIEST = -62135596800000;
const LATEST = 253402300799999;

/** timedelta.min and timedelta.max, in microseconds. */
const SHORTEST = -999999999n * 86400000000n;
const LONGEST = 1000000000n * 86400000000n - 1n;

/** ISO text with nine digits: to the microsecond, nanoseconds, offset, zone, calendar. */
const PARTS =
  /^([^[Z.]*?(?:\.\d{6})?)(\d{3})?(?:Z|[+-]\d\d:\d\d)?(?:\[([^\]=]+)\])?(?:\[u-ca=(.+)\])?$/;

/** Binds the conversions to an interpreter. */
export function createDates(
  interpreter: Interpreter,
  { numbers, strings, rules }: { numbers: Numbers; strings: Strings; rules: Rules },
  call: DatesInPython,
): Dates {
  const { library, typeKey } = interpreter;
  const { Py_DecRef } = library.object;
  const STR = keyOfType(library.dataObject("PyUnicode_Type"));

  /** Takes the arguments. */
  function make(name: Parameters<DatesInPython>[0], ...args: New[]): New {
    try {
      return call(name, ...args);
    } finally {
      args.forEach((argument) => Py_DecRef(argument));
    }
  }

  function dateToPython(value: object): New | null {
    if (value instanceof Date || isForeignDate(value)) return timeToPython(timeOf(value));
    const prototype = temporalPrototypeOf(value);
    return prototype && temporalToPython(value, prototypes.get(prototype)!, prototype);
  }

  function timeToPython(time: number): New {
    if (Number.isNaN(time)) {
      throw new Reason("an invalid Date is no time; pass null where there is none");
    }
    if (time < EARLIEST || time > LATEST) {
      throw beyond("Date", new Date(time).toISOString(), "date.toISOString() or date.getTime()");
    }
    return make("utc", numbers.numberToPython(time));
  }

  function temporalToPython(value: object, name: TemporalName, { toString }: object): New {
    const shown = (): string => toString.call(value);
    if (name === "Duration") return durationToPython(value as DurationParts, shown);
    const full = (toString as (options: object) => string)
      .call(value, { fractionalSecondDigits: 9 });
    const [, text = "", nanoseconds = "000", zone, calendar] = PARTS.exec(full) ?? [];
    if (calendar !== undefined) {
      throw new Reason(
        `Temporal.${name} ${shown()} is not in the ISO calendar, the only one of Python's; ` +
          `pass value.withCalendar("iso8601")`,
      );
    }
    if (/^([+-]|0000)/.test(text)) throw beyond(`Temporal.${name}`, shown(), "value.toString()");
    if (nanoseconds !== "000") throw finer(name, shown);
    if (zone !== undefined && zone !== "UTC" && !/^[+-]/.test(zone)) {
      return inZone(text, zone, value as ZonedParts, shown);
    }
    const offset = name === "Instant" || zone === "UTC" ? "+00:00" : zone ?? "";
    return make(METHODS[name], strings.stringToPython(text + offset));
  }

  /** The text would have the offset in whole minutes; before 1900 they had seconds. */
  function inZone(text: string, zone: string, { offsetNanoseconds }: ZonedParts, shown: Shown) {
    const made = make(
      "in_zone",
      strings.stringToPython(text),
      strings.stringToPython(zone),
      numbers.numberToPython(offsetNanoseconds / 1000),
    );
    if (typeKey(made) !== STR) return made;
    const reason = strings.stringToJs(made);
    Py_DecRef(made);
    throw new Reason(
      `Temporal.ZonedDateTime ${shown()}: ${reason}; ` +
        `pass value.toInstant() or value.withTimeZone(value.offset)`,
    );
  }

  function durationToPython(parts: DurationParts, shown: Shown): New {
    if (parts.years || parts.months) {
      throw new Reason(
        `Temporal.Duration ${shown()} has years or months, which Python's timedelta cannot measure; ` +
          `pass value.round({ largestUnit: "day", relativeTo: date })`,
      );
    }
    const days = BigInt(parts.weeks) * 7n + BigInt(parts.days);
    const minutes = (days * 24n + BigInt(parts.hours)) * 60n + BigInt(parts.minutes);
    const milliseconds = (minutes * 60n + BigInt(parts.seconds)) * 1000n +
      BigInt(parts.milliseconds);
    const microseconds = milliseconds * 1000n + BigInt(parts.microseconds);
    const nanoseconds = microseconds * 1000n + BigInt(parts.nanoseconds);
    if (nanoseconds % 1000n !== 0n) throw finer("Duration", shown);
    const total = nanoseconds / 1000n;
    if (total < SHORTEST || total > LONGEST) {
      throw new Reason(
        `Temporal.Duration ${shown()} is beyond the 999999999 days of Python's timedelta; ` +
          `pass value.toString()`,
      );
    }
    return make(METHODS.Duration, numbers.bigintToPython(total));
  }

  function dateToJs(object: Ref, form: ToJsOptions["dates"] = "date"): unknown {
    const answer = call("plain", object, strings.name(form));
    const [kind, ...parts] = rules.entries(answer) as [string, ...unknown[]];
    Py_DecRef(answer);
    if (kind === "value") return parts[0];
    if (kind === "time") return new Date(parts[0] as number);
    if (kind === "local") return localTime(parts as LocalParts);
    if (kind === "refused") throw new Reason(`${parts[0]}; use dates: "date" or "iso"`);
    return temporalOf(kind as TemporalName, parts[0] as string);
  }

  return { dateToPython, dateToJs };
}

/** For errors. */
type Shown = () => string;

type DurationParts = Record<
  | "years"
  | "months"
  | "weeks"
  | "days"
  | "hours"
  | "minutes"
  | "seconds"
  | "milliseconds"
  | "microseconds"
  | "nanoseconds",
  number
>;

interface ZonedParts {
  readonly offsetNanoseconds: number;
}

type LocalParts = [number, number, number, number, number, number, number];

/** Asked for each time: programs load it late, or leave it out. */
function temporal(): Partial<Record<TemporalName, TemporalClass>> | undefined {
  return (globalThis as { Temporal?: Partial<Record<TemporalName, TemporalClass>> }).Temporal;
}

/** Of {@link prototypesOf}: the classes by their prototypes. */
const prototypes = new Map<object, TemporalName>();
let prototypesOf: unknown;

/** As instanceof, but for all classes at once: every class instance that crosses is asked. */
function temporalPrototypeOf(value: object): object | null {
  const classes = temporal();
  if (classes !== prototypesOf) {
    prototypesOf = classes;
    prototypes.clear();
    for (const name of Object.keys(METHODS) as TemporalName[]) {
      const prototype = classes?.[name]?.prototype;
      if (prototype !== undefined) prototypes.set(prototype, name);
    }
  }
  let at: object | null = Object.getPrototypeOf(value);
  while (at !== null && !prototypes.has(at)) at = Object.getPrototypeOf(at);
  return at;
}

/** A Date of another realm. What is of this one is no such thing, and is not asked. */
function isForeignDate(value: object): boolean {
  return !(value instanceof Object) && Object.prototype.toString.call(value) === "[object Date]";
}

function timeOf(value: object): number {
  try {
    return Date.prototype.getTime.call(value);
  } catch {
    throw new Reason(
      "what looks like a Date has no time of its own, as a Proxy of one; " +
        "pass new Date(milliseconds)",
    );
  }
}

function beyond(name: string, shown: string, way: string): Reason {
  return new Reason(`${name} ${shown} is outside of Python's years 1 to 9999; pass ${way}`);
}

function finer(name: TemporalName, shown: Shown): Reason {
  return new Reason(
    `Temporal.${name} ${shown()} has nanoseconds, and Python counts microseconds; ` +
      `pass value.round({ smallestUnit: "microsecond" })`,
  );
}

function temporalOf(name: TemporalName, text: string): unknown {
  const kind = temporal()?.[name];
  if (kind === undefined) {
    throw new Reason('this runtime has no Temporal; use dates: "date" or "iso"');
  }
  try {
    return kind.from(text);
  } catch {
    throw new Reason(
      `Temporal.${name} cannot be ${text}: the clocks there skip that time, ` +
        `or the runtime's time zone data differ from Python's; use dates: "date" or "iso"`,
    );
  }
}

/** A year below 100 would be taken for 19xx by the constructor. */
function localTime([year, month, day, ...clock]: LocalParts): Date {
  const date = new Date(2000, 0, 1, 12);
  date.setFullYear(year, month - 1, day);
  date.setHours(...clock);
  return date;
}
