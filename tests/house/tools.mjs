/**
 * Finds the two runtimes and starts child processes. Plain JavaScript on Node's own modules, because
 * on a fresh machine only Node is sure to be there; Deno runs these files as well.
 * @module
 */
import { spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { Buffer } from "node:buffer";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** The project's folder. */
export const ROOT = fileURLToPath(new URL("../../", import.meta.url)).replace(/[\\/]$/, "");

/** Scratch files of the house: reports, temporary programs. Never committed. */
export const CACHE = path.join(ROOT, ".cache");

const EXE = process.platform === "win32" ? ".exe" : "";

/** The order in which everything that runs twice runs. */
export const RUNTIME_NAMES = ["deno", "bun"];

/**
 * How each runtime is told to run a program, and to run test folders. The only place for such flags.
 *
 * The order of tests is shuffled by a fixed seed: a test must not lean on the one before it, and a
 * failure must come back when the command is run again. Types are checked once, by `deno check`.
 */
export const RUNTIME_ARGS = {
  deno: {
    run: () => ["run", "-A", "--no-check", "--v8-flags=--expose-gc"],
    test: ({ seed, report }) => [
      ...["test", "-A", "--no-check", "--v8-flags=--expose-gc"],
      ...[`--shuffle=${seed}`, `--junit-path=${report}`],
    ],
  },
  bun: {
    run: () => ["run"],
    test: ({ seed, report }) => [
      // Bun's own limit of 5 seconds a test does not suit a slow machine; a file has a minute more than that (suites.mjs).
      ...["test", "--timeout=240000", "--randomize", `--seed=${seed}`],
      ...["--reporter=junit", `--reporter-outfile=${report}`],
    ],
  },
};

/** A failure whose message is all that the reader needs: printed without a stack. */
export class HouseError extends Error {
  name = "HouseError";
}

const found = new Map();

/** The binary of a runtime: the one that npm installed for this project, else the one on PATH. */
export function findRuntime(name) {
  if (!found.has(name)) found.set(name, searchRuntime(name));
  return found.get(name);
}

function searchRuntime(name) {
  const least = packageJson().engines?.[name] ?? ">=0";
  const refused = [];
  for (const file of candidates(name)) {
    if (!isProgram(file)) continue;
    const answer = spawnSync(file, ["--version"], { encoding: "utf8" });
    const version = /\d+\.\d+\.\d+/.exec(answer.stdout ?? "")?.[0];
    if (answer.status !== 0 || !version) {
      refused.push(`${file}: does not start here`);
    } else if (!isAtLeast(version, least)) {
      refused.push(`${file}: version ${version}, wanted ${least}`);
    } else {
      return { name, file, version };
    }
  }
  const tried = refused.map((line) => `\n  ${line}`).join("");
  throw new HouseError(
    `No usable ${name} was found in node_modules or on PATH.${tried}\n` +
      `  Fix: run "npm install" in ${ROOT}, or install ${name} ${least} and put it on PATH.`,
  );
}

function candidates(name) {
  const modules = path.join(ROOT, "node_modules");
  const scoped = (scope, prefix) => {
    const folder = path.join(modules, scope);
    if (!fs.existsSync(folder)) return [];
    return fs.readdirSync(folder).filter((entry) => entry.startsWith(prefix)).sort()
      .map((entry) => path.join(folder, entry));
  };
  // The platform packages hold the program itself even where npm ran no install scripts; the file
  // in the `bun` package is only a placeholder then.
  const local = name === "deno"
    ? scoped("@deno", "").map((folder) => path.join(folder, `deno${EXE}`))
    : [
      path.join(modules, "bun", "bin", "bun.exe"),
      ...scoped("@oven", "bun-").map((folder) => path.join(folder, "bin", `bun${EXE}`)),
    ];
  const shell = (process.env.PATH ?? "").split(path.delimiter).filter((folder) =>
    folder && !folder.includes(`node_modules${path.sep}.bin`)
  );
  return [...local, ...shell.map((folder) => path.join(folder, `${name}${EXE}`))];
}

function isProgram(file) {
  try {
    // Placeholders and wrappers are a few kilobytes, the runtimes tens of megabytes.
    return fs.statSync(file).size > 1_000_000;
  } catch {
    return false;
  }
}

function isAtLeast(version, range) {
  const wanted = range.replace(/^>=/, "").split(".").map(Number);
  const given = version.split(".").map(Number);
  for (let i = 0; i < given.length; i++) {
    if (given[i] !== (wanted[i] ?? 0)) return given[i] > (wanted[i] ?? 0);
  }
  return true;
}

/** The project's package.json, read anew. */
export function packageJson() {
  return JSON.parse(fs.readFileSync(path.join(ROOT, "package.json"), "utf8"));
}

/**
 * The environment of every child: nothing of the caller's Python but what `extra` names, no update
 * checks, no colour codes where a file is written. A value of `undefined` takes a variable away.
 */
export function childEnv(extra = {}) {
  const env = { ...process.env, DENO_NO_UPDATE_CHECK: "1", DENO_NO_PROMPT: "1", ...extra };
  if (!process.stdout.isTTY) Object.assign(env, { NO_COLOR: "1", FORCE_COLOR: undefined });
  for (const name of ["PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP", "VIRTUAL_ENV"]) {
    if (!(name in extra)) delete env[name];
  }
  for (const [name, value] of Object.entries(env)) if (value === undefined) delete env[name];
  return env;
}

/**
 * Runs a program with this terminal as its own and waits for its end. Never throws: the answer says
 * what happened. Standard input is closed, so that nothing can wait for a key. What `held` programs say is in the
 * answer, so that several at a time do not talk into each other's lines.
 */
export function run(command, args, options = {}) {
  const started = performance.now();
  const { minutes = 20, env = {}, cwd = ROOT, held = false } = options;
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      env: childEnv(env),
      stdio: ["ignore", held ? "pipe" : "inherit", held ? "pipe" : "inherit"],
    });
    const said = [];
    for (const stream of held ? [child.stdout, child.stderr] : []) {
      stream.on("data", (chunk) => said.push(chunk));
    }
    // Ctrl-C reaches the child by itself; a signal to this process alone does not.
    const passOn = (signal) => {
      child.kill("SIGKILL");
      process.exit(signal === "SIGTERM" ? 143 : 129);
    };
    for (const signal of ["SIGTERM", "SIGHUP"]) process.once(signal, passOn);
    let note = "";
    const timer = setTimeout(() => {
      note = `stopped after ${minutes.toFixed(0)} minutes`;
      child.kill("SIGKILL");
    }, minutes * 60_000);
    const end = (code, why) => {
      clearTimeout(timer);
      for (const signal of ["SIGTERM", "SIGHUP"]) process.off(signal, passOn);
      const seconds = (performance.now() - started) / 1000;
      resolve({ ok: code === 0, note: note || why, seconds, said: Buffer.concat(said).toString() });
    };
    child.on("error", (error) => end(1, error.message));
    child.on(
      "close",
      (code, signal) =>
        end(code ?? 1, signal ? `killed by ${signal}` : code === 0 ? "" : `exit code ${code}`),
    );
  });
}

/** Runs a short program and returns its output; throws a HouseError with what it said otherwise. */
export function capture(command, args, options = {}) {
  const { env = {}, cwd = ROOT } = options;
  const answer = spawnSync(command, args, { cwd, env: childEnv(env), encoding: "utf8" });
  if (answer.status !== 0) {
    const said = answer.error?.message ?? `${answer.stdout}${answer.stderr}`.trim();
    throw new HouseError(`${path.basename(command)} ${args.join(" ")} failed:\n${said}`);
  }
  return answer.stdout;
}

/** Runs the main function of a script: a HouseError is printed plainly and ends it with code 1. */
export async function main(body) {
  try {
    process.exitCode = await body() ?? 0;
  } catch (error) {
    console.error(error instanceof HouseError ? error.message : error);
    process.exitCode = 1;
  }
}

/** Prints a line that stands out between the outputs of children. */
export function heading(text) {
  console.log(`\n── ${text} ${"─".repeat(Math.max(2, 90 - text.length))}`);
}
