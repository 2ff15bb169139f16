/**
 * How declarations are laid out: comments, and lines that would be too long.
 * @module
 */

const WIDTH = 100;

/** A comment, or nothing where there is nothing to say. */
export function commentLines(text: string | null, indent = ""): string[] {
  if (text === null || text === "") return [];
  const safe = text.replaceAll("*/", "* /").trim();
  const width = WIDTH - indent.length - 3;
  if (safe.length + 7 + indent.length <= WIDTH) return [`${indent}/** ${safe} */`];
  const lines = [""];
  for (const word of safe.split(" ")) {
    const last = lines.at(-1)!;
    if (last !== "" && last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = last === "" ? word : `${last} ${word}`;
  }
  return [`${indent}/**`, ...lines.map((line) => `${indent} * ${line}`), `${indent} */`];
}

/** A declaration with parameters: on one line, or with each of them on its own. */
export function declarationLines(text: string, indent = ""): string[] {
  if (indent.length + text.length <= WIDTH) return [indent + text];
  const open = outer(text, 0, "(");
  const close = open < 0 ? -1 : outer(text, open + 1, ")");
  if (close < 0 || close === open + 1) return [indent + text];
  const parts = splitOuter(text.slice(open + 1, close));
  return [
    indent + text.slice(0, open + 1),
    // A rest parameter takes no comma after it.
    ...parts.map((part, i) => {
      const comma = i === parts.length - 1 && part.startsWith("...") ? "" : ",";
      return `${indent}  ${part}${comma}`;
    }),
    indent + text.slice(close),
  ];
}

/** Where a character stands outside of all brackets and quotes, from a place on. */
function outer(text: string, from: number, wanted: string): number {
  let depth = 0;
  let quoted = false;
  for (let i = from; i < text.length; i++) {
    const char = text[i]!;
    if (char === '"' && text[i - 1] !== "\\") quoted = !quoted;
    if (quoted) continue;
    if (depth === 0 && char === wanted) return i;
    if ("<([{".includes(char)) depth++;
    else if (">)]}".includes(char) && text[i - 1] !== "=") depth--;
  }
  return -1;
}

function splitOuter(text: string): string[] {
  const parts: string[] = [];
  let rest = text;
  for (let at = outer(rest, 0, ","); at >= 0; at = outer(rest, 0, ",")) {
    parts.push(rest.slice(0, at).trim());
    rest = rest.slice(at + 1);
  }
  return [...parts, rest.trim()];
}
