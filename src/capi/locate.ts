/**
 * Finds the libpython to load. Files answer wherever they can: running a Python to ask it costs
 * more than the whole start-up may take.
 *
 * The parts, each importing only from those before it: `locate_host` (what is asked of the
 * machine), `locate_names`, `locate_header`, `locate_fix`, `locate_venv`, `locate_pyenv`,
 * `locate_library` (prefix to library), `locate_ask` (the slow path), `locate_named_library`,
 * `locate_installation` (any path to a Python), `locate_places` (where to look).
 * @module
 */

import { PythonNotFoundError, type Refusal } from "../errors.ts";
import { exactVersion } from "./locate_ask.ts";
import { fixForNoPython } from "./locate_fix.ts";
import { type Host, localHost, pathsFor, variable } from "./locate_host.ts";
import { tryExecutable, tryPath } from "./locate_installation.ts";
import { type Attempt, type Candidate, isCandidate } from "./locate_library.ts";
import { type Version, versionFault, versionText } from "./locate_names.ts";
import { commandsOnPath, defaultPlaces } from "./locate_places.ts";

export { type Candidate, type Host, localHost };

/** The Pythons of a machine: those that can be used, and the places that cannot. */
export interface Survey {
  /** In the order in which `locate()` would try them. */
  readonly found: Candidate[];
  /** In the order of trying, each real path and reason once. */
  readonly refused: Refusal[];
}

/**
 * The Python that a request means: a version such as `"3.12"`, `"3.12.1"` or `"3.13t"`, a virtual
 * environment, an installation's prefix, an interpreter, or a libpython. Without a request the one
 * that `PYDUET_PYTHON`, `VIRTUAL_ENV`, `.venv`, PATH or the usual places of the OS give, in that
 * order. Whatever a person chose (all but the last two) is used or the search fails.
 * @throws PythonNotFoundError with every place tried, the reason for each, and what to do.
 */
export function locate(request: string | undefined, host: Host = localHost()): Candidate {
  if (request !== undefined) return locateNamed(host, "option python", request);
  const named = variable(host, "PYDUET_PYTHON");
  if (named !== undefined) return locateNamed(host, "PYDUET_PYTHON", named);
  const refusals: Refusal[] = [];
  for (const step of defaultPlaces(host)) {
    const attempt = "reason" in step ? step : tryPath(host, step);
    if (isCandidate(attempt)) return attempt;
    if (!("reason" in step) && step.isBinding) throw unusable(host, step, attempt);
    refusals.push(attempt);
  }
  const list = withoutRepeats(host, refusals);
  throw notFound("No usable Python was found.", list, commands(list, fixForNoPython(host, null)));
}

/**
 * Every usable Python on the machine, each real library once, and every place without one: for a
 * matrix of versions and for a doctor. It looks everywhere and may ask a Python what it is.
 */
export function locateAll(host: Host = localHost()): Survey {
  const refusals: Refusal[] = [];
  const found = new Map<string, Candidate>();
  const take = (attempt: Attempt): void => {
    if (!isCandidate(attempt)) {
      refusals.push(attempt);
      return;
    }
    const key = keyOf(host, attempt.library);
    if (!found.has(key)) found.set(key, attempt);
  };
  const named = variable(host, "PYDUET_PYTHON");
  // A version names no place of its own: the search below comes to it.
  if (named !== undefined && parseWish(named) === null) {
    take(tryNamed(host, "PYDUET_PYTHON", named));
  }
  for (const step of defaultPlaces(host)) take("reason" in step ? step : tryPath(host, step));
  return { found: [...found.values()], refused: withoutRepeats(host, refusals) };
}

/** The same for every path that leads to the same file. */
function keyOf(host: Host, path: string): string {
  const real = host.realpath(path);
  return host.platform === "win32" ? real.toLowerCase() : real;
}

/** The refusals in order, each real path and reason once. */
function withoutRepeats(host: Host, refusals: readonly Refusal[]): Refusal[] {
  const byKey = new Map<string, Refusal>();
  for (const refusal of refusals) {
    const key = `${keyOf(host, refusal.path)}\0${refusal.reason}`;
    if (!byKey.has(key)) byKey.set(key, refusal);
  }
  return [...byKey.values()];
}

/** A version that somebody asked for. */
interface Wish {
  /** As written. */
  readonly text: string;
  readonly version: Version | null;
  readonly flags: string;
  /** `"3.12.1"`, if the request was as exact as that. */
  readonly exact: string | null;
}

/** `null` if the request is no version but a path. */
function parseWish(text: string): Wish | null {
  // A bare major version means any minor one; only 3 has any that will do.
  const match = /^(?:3|(\d+)\.(\d+)(?:\.(\d+))?)(td?|d)?$/.exec(text);
  if (match === null) return null;
  const [, major, minor, micro, flags = ""] = match;
  return {
    text,
    version: minor === undefined ? null : [Number(major), Number(minor)],
    flags,
    exact: micro === undefined ? null : `${major}.${minor}.${micro}`,
  };
}

function locateNamed(host: Host, origin: string, request: string): Candidate {
  const wish = parseWish(request);
  if (wish !== null) return locateVersion(host, origin, wish);
  const attempt = tryNamed(host, origin, request);
  if (isCandidate(attempt)) return attempt;
  throw unusable(host, { origin, path: request }, attempt);
}

/** Tries a path, or the name of a command on PATH. */
function tryNamed(host: Host, origin: string, request: string): Attempt {
  if (request === "") return { origin, path: "", reason: "it is empty" };
  const paths = pathsFor(host);
  const path = paths.resolve(host.cwd, request);
  if (host.stat(path) !== null || /[/\\]/.test(request)) return tryPath(host, { origin, path });
  for (const command of commandsOnPath(host, [request])) {
    return tryExecutable(host, { origin, path: command });
  }
  return { origin, path, reason: "no such file, nor a command of that name on PATH" };
}

function locateVersion(host: Host, origin: string, wish: Wish): Candidate {
  const fault = wish.version === null ? null : versionFault(wish.version);
  const named = { origin, path: wish.text };
  if (fault !== null) throw unusable(host, named, { ...named, reason: fault });
  const refusals: Refusal[] = [];
  const wanted = wish.version && { ...wish, version: wish.version };
  const further = wish.version === null ? [] : [`python${versionText(wish.version, wish.flags)}`];
  const passed = new Set<string>();
  for (const step of defaultPlaces(host, further)) {
    const attempt = "reason" in step ? step : tryPath(host, step);
    const reason = isCandidate(attempt) ? mismatch(host, attempt, wish) : null;
    if (!isCandidate(attempt)) refusals.push(attempt);
    else if (reason === null) return { ...attempt, origin };
    else if (!passed.has(keyOf(host, attempt.library))) {
      passed.add(keyOf(host, attempt.library));
      refusals.push({ origin: attempt.origin, path: step.path, reason });
    }
  }
  const list = withoutRepeats(host, refusals);
  const number = wish.version === null ? wish.text : versionText(wish.version);
  const fitting = list.filter(({ fix }) => fix?.match(/\d+\.\d+/)?.[0] === number);
  const fix = commands(fitting, fixForNoPython(host, wanted));
  throw notFound(headline(named, `no usable Python ${wish.text} was found`), list, fix);
}

/** Why the Python is not the one wished for, or `null` if it is. */
function mismatch(host: Host, candidate: Candidate, wish: Wish): string | null {
  const { version, flags } = candidate;
  if (version === null) return "its version is unknown";
  const isMinor = wish.version === null || String(wish.version) === String(version);
  if (!isMinor || wish.flags !== flags) {
    return `Python ${versionText(version, flags)}, not ${wish.text}`;
  }
  if (wish.exact === null) return null;
  const exact = exactVersion(host, candidate);
  if (exact === wish.exact) return null;
  return exact === null
    ? `Python ${versionText(version)}, but which ${versionText(version)} is not to be learned`
    : `Python ${exact}, not ${wish.text}`;
}

/** What is thrown when the one place that somebody named cannot be used. */
function unusable(
  host: Host,
  named: { readonly origin: string; readonly path: string },
  refusal: Refusal,
): PythonNotFoundError {
  const isSame = refusal.path === named.path ||
    refusal.path === pathsFor(host).resolve(host.cwd, named.path);
  const reason = isSame ? refusal.reason : `${refusal.path} is refused: ${refusal.reason}`;
  const fix = refusal.fix === undefined ? others(host) : `To fix it:\n  ${refusal.fix}`;
  return notFound(headline(named, reason), [refusal], fix);
}

function headline(
  { origin, path }: { readonly origin: string; readonly path: string },
  reason: string,
): string {
  return `The Python named by ${origin}, ${JSON.stringify(path)}, cannot be used: ${reason}.`;
}

/** Names the Pythons that would do, for a person who has misnamed one. */
function others(host: Host): string {
  const { found } = locateAll(host);
  if (found.length === 0) return `To fix it:\n  ${fixForNoPython(host, null)}`;
  const lines = found.map(({ executable, library, version, flags }) =>
    `  ${executable ?? library}${version === null ? "" : `  (${versionText(version, flags)})`}`
  );
  return `To fix it, name one of the Pythons that can be used here:\n${lines.join("\n")}`;
}

/** The commands of the refusals, or the one that installs a Python. */
function commands(refusals: readonly Refusal[], otherwise: string): string {
  const all = new Set(refusals.map(({ fix }) => fix).filter((fix) => fix !== undefined));
  if (all.size === 0) return `To fix it:\n  ${otherwise}`;
  const head = all.size === 1 ? "To fix it:" : "To fix it, one of:";
  return `${head}\n${[...all].slice(0, 3).map((fix) => `  ${fix}`).join("\n")}`;
}

function notFound(head: string, refusals: readonly Refusal[], fix: string): PythonNotFoundError {
  const parts = [head];
  // A single place stands in the headline already.
  if (refusals.length > 1) parts.push(`Tried, in this order:\n${table(refusals)}`);
  const message = [...parts, fix, NAMING].join("\n\n");
  return new PythonNotFoundError(message, refusals);
}

const NAMING = `To name a Python: startPython({ python: "3.12" }), or PYDUET_PYTHON=3.12 in the
environment. In place of the version may stand the path of a virtual environment, of an
installation, of a python executable, or of a libpython.`;

/** A path longer than this many characters does not widen the column for the others. */
const WIDEST = 60;

function table(refusals: readonly Refusal[]): string {
  const width = (key: "origin" | "path"): number =>
    Math.min(WIDEST, Math.max(...refusals.map((refusal) => refusal[key].length)));
  const [origins, paths] = [width("origin"), width("path")];
  return refusals
    .map(({ origin, path, reason }) =>
      `  ${origin.padEnd(origins)}  ${path.padEnd(paths)}  ${reason}`
    )
    .join("\n");
}
