/**
 * Builds the npm package: `dist/pyduet-<version>.tgz`. `deno pack` turns the sources into JavaScript and
 * types; what it leaves out of package.json is put back here. With `--check` the tarball is also tried
 * out, as a user would install it, on both runtimes and under tsc.
 *
 *     node tests/house/pack.mjs [--check]
 * @module
 */
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import {
  CACHE,
  capture,
  findRuntime,
  HouseError,
  main,
  packageJson,
  ROOT,
  RUNTIME_ARGS,
  RUNTIME_NAMES,
} from "./tools.mjs";

// `deno pack` takes name, version, license and exports from deno.json and drops the rest.
const PUT_BACK = ["name", "description", "keywords", "author", "license", "repository", "engines"];

// The strictest that a user may have set: our own types are checked too, and nothing of Node's helps.
const CONSUMER_TSCONFIG = JSON.stringify({
  compilerOptions: {
    ...{ noEmit: true, strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false },
    ...{ target: "esnext", module: "nodenext", lib: ["esnext", "dom"], types: [] },
  },
  files: ["main.ts"],
});

await main(() => {
  const tarball = build();
  console.log(`built ${path.relative(ROOT, tarball)} (${fs.statSync(tarball).size} bytes)`);
  if (process.argv.includes("--check")) {
    const consumer = fs.mkdtempSync(path.join(os.tmpdir(), "pyduet-pack-"));
    try {
      tryOut(tarball, consumer);
    } finally {
      fs.rmSync(consumer, { recursive: true, force: true });
    }
  }
});

function build() {
  const work = path.join(CACHE, "pack");
  const dist = path.join(ROOT, "dist");
  fs.rmSync(work, { recursive: true, force: true });
  fs.mkdirSync(work, { recursive: true });
  fs.mkdirSync(dist, { recursive: true });
  const raw = path.join(work, "raw.tgz");
  // No source maps: they would be most of the package, and its JavaScript reads like its source.
  capture(findRuntime("deno").file, ["pack", "--allow-dirty", "--no-source-maps", "--output", raw]);
  capture("tar", ["-xzf", "raw.tgz"], { cwd: work });
  completePackageJson(path.join(work, "package", "package.json"));
  const { name, version } = packageJson();
  const tarball = path.join(dist, `${name}-${version}.tgz`);
  fs.rmSync(tarball, { force: true });
  capture(findRuntime("bun").file, ["pm", "pack", "--ignore-scripts", "--destination", dist], {
    cwd: path.join(work, "package"),
  });
  return tarball;
}

function completePackageJson(file) {
  const ours = packageJson();
  const packed = JSON.parse(fs.readFileSync(file, "utf8"));
  const complete = {};
  for (const key of PUT_BACK) if (key in ours) complete[key] = ours[key];
  if (ours.bin) {
    complete.bin = Object.fromEntries(
      Object.entries(ours.bin).map(([name, script]) => [name, script.replace(/\.ts$/, ".js")]),
    );
  }
  const { name: _scoped, ...rest } = packed;
  fs.writeFileSync(file, JSON.stringify({ ...complete, ...rest }, null, 2) + "\n");
}

/** Unpacks the tarball where npm would, looks for what must be in it, and uses it. */
function tryOut(tarball, consumer) {
  const installed = path.join(consumer, "node_modules", "pyduet");
  fs.mkdirSync(installed, { recursive: true });
  capture("tar", ["-xzf", tarball, "--strip-components=1"], { cwd: installed });
  needFiles(installed);
  fs.writeFileSync(path.join(consumer, "package.json"), '{ "type": "module" }');
  fs.writeFileSync(path.join(consumer, "deno.json"), '{ "nodeModulesDir": "manual" }');
  fs.writeFileSync(path.join(consumer, "tsconfig.json"), CONSUMER_TSCONFIG);
  fs.writeFileSync(
    path.join(consumer, "main.ts"),
    'import { startPython } from "pyduet";\n' +
      "using py = startPython();\n" +
      'const sum: unknown = py.run("sum(range(9))");\n' +
      'if (sum !== 36) throw new Error("sum(range(9)) is not " + String(sum));\n',
  );
  for (const name of RUNTIME_NAMES) {
    capture(findRuntime(name).file, [...RUNTIME_ARGS[name].run(), "main.ts"], { cwd: consumer });
    console.log(`${name} runs a program that uses the package`);
  }
  const tsc = path.join(ROOT, "node_modules", "typescript", "bin", "tsc");
  capture(findRuntime("deno").file, ["run", "-A", tsc, "--project", "."], { cwd: consumer });
  console.log("tsc accepts a program that uses the package");
}

function needFiles(installed) {
  const has = fs.readdirSync(installed, { recursive: true })
    .map((file) => file.replaceAll("\\", "/"));
  const python = fs.readdirSync(path.join(ROOT, "python"), { recursive: true })
    .filter((file) => /\.pyi?$/.test(file))
    .map((file) => `python/${file.replaceAll("\\", "/")}`);
  const wanted = ["README.md", "LICENSE", "CHANGELOG.md", "mod.js", "mod.d.ts", ...python];
  const missing = wanted.filter((file) => !has.includes(file));
  if (missing.length > 0) throw new HouseError(`The package lacks ${missing.join(", ")}`);
  const stray = has.filter((file) => /^(tests|bench|examples|\.)|(?<!\.d)\.ts$/.test(file));
  if (stray.length > 0) throw new HouseError(`The package should not hold ${stray.join(", ")}`);
}
