#!/usr/bin/env node
/**
 * The command `pyduet`, as npm and its like install it. They start it with Node, in which the library
 * cannot run: this finds Deno or Bun and goes on there.
 * @module
 */
import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";

const HERE = path.dirname(fileURLToPath(import.meta.url));
const EXE = process.platform === "win32" ? ".exe" : "";

/** In the package the sources are JavaScript. */
const MAIN = ["main.js", "main.ts"].map((name) => path.join(HERE, "..", "src", "cli", name))
  .find((file) => fs.existsSync(file));

/** How each runtime is told to run a program. */
const RUN = { deno: ["run", "-A"], bun: ["run"] };

if (process.versions.deno || process.versions.bun) {
  const { runHere } = await import(pathToFileURL(MAIN).href);
  await runHere();
} else {
  const found = order().map((name) => ({ name, file: find(name) })).find(({ file }) => file);
  if (found) goOn(found);
  else {
    console.error(
      "pyduet runs on Deno or Bun, and neither was found on the PATH or in node_modules.\n" +
        '  Fix: "npm install --save-dev deno" or "npm install --save-dev bun" in this project, or ' +
        "install one of them.",
    );
    process.exitCode = 1;
  }
}

/** The one whose package manager started this comes first. */
function order() {
  const agent = process.env.npm_config_user_agent ?? "";
  return agent.startsWith("bun/") ? ["bun", "deno"] : ["deno", "bun"];
}

function find(name) {
  const shell = (process.env.PATH ?? "").split(path.delimiter).filter((folder) => folder !== "");
  const places = shell.map((folder) => path.join(folder, name + EXE));
  for (const start of [process.cwd(), HERE]) {
    for (let folder = start;; folder = path.dirname(folder)) {
      places.push(...installed(path.join(folder, "node_modules"), name));
      if (folder === path.dirname(folder)) break;
    }
  }
  return places.find(isProgram);
}

/** Where npm's packages keep the program itself; what they link to may be a script for Node. */
function installed(modules, name) {
  const scoped = (scope, prefix, inside) => {
    const folder = path.join(modules, scope);
    if (!fs.existsSync(folder)) return [];
    return fs.readdirSync(folder).filter((entry) => entry.startsWith(prefix)).sort()
      .map((entry) => path.join(folder, entry, inside));
  };
  if (name === "deno") return scoped("@deno", "", `deno${EXE}`);
  return [
    path.join(modules, "bun", "bin", "bun.exe"),
    ...scoped("@oven", "bun-", path.join("bin", `bun${EXE}`)),
  ];
}

function isProgram(file) {
  try {
    // Placeholders and wrappers are a few kilobytes, the runtimes tens of megabytes.
    const stat = fs.statSync(file);
    return stat.isFile() && stat.size > 1_000_000;
  } catch {
    return false;
  }
}

function goOn({ name, file }) {
  const child = spawn(file, [...RUN[name], MAIN, ...process.argv.slice(2)], { stdio: "inherit" });
  // Ctrl-C reaches the child by itself; a signal to this process alone does not.
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  process.on("SIGINT", () => {});
  child.on("error", (error) => {
    console.error(`pyduet: ${file} does not start: ${error.message}`);
    process.exitCode = 1;
  });
  child.on("close", (code, signal) => {
    if (signal) console.error(`pyduet: ${name} was ended by ${signal}`);
    process.exitCode = code ?? 1;
  });
}
