/**
 * Python as text: literals, docstrings, and lines of the width that formatters of Python leave alone.
 * @module
 */

/** The width of black and ruff. */
export const WIDTH = 88;

/** One step of indentation. */
export const INDENT = "    ";

const ESCAPES: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** What cannot stand in a text of Python as it is: controls, separators of lines, lone surrogates. */
// deno-lint-ignore no-control-regex -- those are the ones
const UNPRINTABLE = /[\x00-\x1f\x7f-\xa0\u2028\u2029\ufeff]|\p{Surrogate}/gu;

function escaped(text: string): string {
  return text.replace(UNPRINTABLE, (character) => {
    const code = character.charCodeAt(0);
    const hex = (width: number): string => code.toString(16).padStart(width, "0");
    return ESCAPES[character] ?? (code < 0x100 ? `\\x${hex(2)}` : `\\u${hex(4)}`);
  });
}

/** A `str` of Python, quoted as formatters do: with the quotes that need fewer backslashes. */
export function stringText(text: string): string {
  const inner = escaped(text.replaceAll("\\", "\\\\"));
  const single = inner.split("'").length < inner.split('"').length;
  return single ? `'${inner.replaceAll("'", "\\'")}'` : `"${inner.replaceAll('"', '\\"')}"`;
}

/** A `bytes` of Python. */
export function bytesText(bytes: Uint8Array): string {
  const inner = [...bytes].map((byte) => {
    if (byte === 0x5c || byte === 0x22) return `\\${String.fromCharCode(byte)}`;
    if (byte >= 0x20 && byte < 0x7f) return String.fromCharCode(byte);
    return `\\x${byte.toString(16).padStart(2, "0")}`;
  });
  return `b"${inner.join("")}"`;
}

/** An `int` of Python. */
export function intText(value: number | bigint): string {
  return BigInt(value).toString();
}

/** A `float` of Python; `null` for what has no literal. */
export function floatText(value: number): string | null {
  if (!Number.isFinite(value)) return null;
  if (Object.is(value, -0)) return "-0.0";
  const text = String(value).replace("e+", "e");
  return /[.e]/.test(text) ? text : `${text}.0`;
}

/** The lines of a docstring; none for an empty one. The margin of a text over several lines is taken off. */
export function docLines(doc: string | undefined, indent: string): string[] {
  const lines = (doc ?? "").replace(/\r\n?/g, "\n").split("\n").map((line) => line.trimEnd());
  const margins = lines.slice(1).filter(Boolean).map((line) => /^[ \t]*/.exec(line)![0].length);
  const margin = margins.length > 0 ? Math.min(...margins) : 0;
  const text = [lines[0]!.trimStart(), ...lines.slice(1).map((line) => line.slice(margin))];
  while (text.length > 0 && text[0] === "") text.shift();
  while (text.length > 0 && text.at(-1) === "") text.pop();
  if (text.length === 0) return [];
  const inner = text
    .map((line) => line.replace(/^\t+/, (tabs) => INDENT.repeat(tabs.length)))
    .map((line) => escaped(line.replaceAll("\\", "\\\\")))
    .join("\n").replaceAll('"""', '\\"\\"\\"').replace(/"$/, '" ');
  const [first, ...more] = inner.split("\n");
  const closing = more.length === 0 && indent.length + first!.length + 6 <= WIDTH;
  if (closing) return [`${indent}"""${first}"""`];
  return [
    `${indent}"""${first}`,
    ...more.map((line) => line === "" ? "" : indent + line),
    `${indent}"""`,
  ];
}

/**
 * `head`, the items between commas, `tail`: in one line where it fits, else an item a line with a comma after
 * the last, which formatters keep.
 */
export function listed(
  indent: string,
  head: string,
  items: readonly string[],
  tail: string,
): string[] {
  const line = indent + head + items.join(", ") + tail;
  if (line.length <= WIDTH || items.length === 0) return [line];
  const inner = items.flatMap((item) => fitted(indent + INDENT, `${item},`));
  return [indent + head, ...inner, indent + tail];
}

/** A line, broken at its last brackets where it is too long. */
export function fitted(indent: string, text: string): string[] {
  if (indent.length + text.length <= WIDTH) return [indent + text];
  const brackets = lastBrackets(text);
  if (!brackets) return [indent + text];
  const { open, close, commas } = brackets;
  const items = [...commas, close].map((end, i) =>
    text.slice(i === 0 ? open + 1 : commas[i - 1]! + 1, end).trim()
  );
  const inner = items.flatMap((item) =>
    fitted(indent + INDENT, items.length > 1 ? `${item},` : item)
  );
  return [indent + text.slice(0, open + 1), ...inner, indent + text.slice(close)];
}

/** The last outermost brackets with something inside, and the commas between. */
function lastBrackets(text: string): { open: number; close: number; commas: number[] } | null {
  let found: { open: number; close: number; commas: number[] } | null = null;
  let depth = 0;
  let open = 0;
  let commas: number[] = [];
  for (let i = 0; i < text.length; i++) {
    const character = text[i]!;
    if (character === '"' || character === "'") {
      for (i++; text[i] !== character; i++) if (text[i] === "\\") i++;
    } else if ("[({".includes(character)) {
      if (depth++ === 0) {
        open = i;
        commas = [];
      }
    } else if ("])}".includes(character) && depth > 0) {
      if (--depth === 0 && i > open + 1) found = { open, close: i, commas };
    } else if (character === "," && depth === 1) commas.push(i);
  }
  return found;
}
