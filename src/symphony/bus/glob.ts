/**
 * Patterns of names: `pit.*`, `worker?`, `shard[0-9]`.
 * @module
 */
import { BusError } from "./error.ts";

/** One character of a pattern; `null` is `*`. */
type Token = ((character: string) => boolean) | null;

/**
 * A pattern: `*` is any text, dots included, `?` one character, `[a-z]` one of these, `[!a-z]` one of the others; the
 * rest is itself. Matching takes at most the product of both lengths in steps, whatever the pattern.
 */
export class Glob {
  /** The pattern. */
  readonly pattern: string;
  /** The text before the first special character. */
  readonly prefix: string;
  readonly #tokens: readonly Token[];

  /** Throws a BusError of reason `InvalidPattern`. */
  constructor(pattern: string) {
    this.pattern = pattern;
    this.#tokens = parse(pattern);
    this.prefix = /^[^*?[]*/.exec(pattern)![0];
  }

  /** Whether a text has special characters. */
  static isGlob(pattern: string): boolean {
    return /[*?[]/.test(pattern);
  }

  /** Whether the pattern is that whole text. */
  matches(text: string): boolean {
    const tokens = this.#tokens;
    const characters = [...text];
    let [t, c, star, after] = [0, 0, -1, 0];
    while (c < characters.length) {
      const token = tokens[t];
      if (token === null) {
        star = t++;
        after = c;
      } else if (token !== undefined && token(characters[c]!)) {
        t++;
        c++;
      } else if (star >= 0) {
        t = star + 1;
        c = ++after;
      } else return false;
    }
    while (tokens[t] === null) t++;
    return t === tokens.length;
  }
}

/** Throws a BusError for what can be no name and no pattern. */
export function checkPattern(pattern: unknown): string {
  if (typeof pattern === "string" && pattern !== "") return pattern;
  throw new BusError("Router", "a pattern must be a text that is not empty", {
    reason: "InvalidPattern",
  });
}

function parse(pattern: string): Token[] {
  const characters = [...checkPattern(pattern)];
  const tokens: Token[] = [];
  for (let i = 0; i < characters.length; i++) {
    const character = characters[i]!;
    if (character === "*") {
      if (tokens.at(-1) !== null) tokens.push(null);
    } else if (character === "?") tokens.push(() => true);
    else if (character === "[") {
      // A bracket that comes first is one of the set.
      const first = characters[i + 1] === "!" || characters[i + 1] === "^" ? i + 2 : i + 1;
      const end = characters.indexOf("]", first + 1);
      if (end < 0) {
        throw new BusError(
          "Router",
          `the pattern ${
            JSON.stringify(pattern)
          } has a [ without its ]; write [[] for the character`,
          { reason: "InvalidPattern" },
        );
      }
      tokens.push(setOf(characters.slice(first, end), first === i + 2));
      i = end;
    } else tokens.push((other) => other === character);
  }
  return tokens;
}

function setOf(members: readonly string[], others: boolean): (character: string) => boolean {
  const ranges: [string, string][] = [];
  for (let i = 0; i < members.length; i++) {
    const from = members[i]!;
    const isRange = members[i + 1] === "-" && i + 2 < members.length;
    ranges.push([from, isRange ? members[i + 2]! : from]);
    if (isRange) i += 2;
  }
  const point = (character: string): number => character.codePointAt(0)!;
  return (character) => {
    const at = point(character);
    return ranges.some(([from, to]) => point(from) <= at && at <= point(to)) !== others;
  };
}
