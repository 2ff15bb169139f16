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
  files: ["main.ts", "typed.ts"],
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
  fs.writeFileSync(
    path.join(consumer, "conductor.ts"),
    'import { ConductorProcess } from "pyduet/symphony";\n' +
      'await using conductor = new ConductorProcess({ conductor: { policy: "mock" } });\n' +
      "await conductor.start();\n" +
      'const context = { contextType: "a", data: {}, options: ["b"] };\n' +
      'if ((await conductor.submitDecision(context)).choice !== "b") throw new Error("not b");\n',
  );
  for (const name of RUNTIME_NAMES) {
    for (const file of ["main.ts", "conductor.ts"]) {
      capture(findRuntime(name).file, [...RUNTIME_ARGS[name].run(), file], { cwd: consumer });
    }
    console.log(`${name} runs a program that uses the package`);
  }
  for (const name of RUNTIME_NAMES) tryCommand(installed, consumer, name);
  fs.writeFileSync(
    path.join(consumer, "typed.ts"),
    'import { startPython } from "pyduet";\n' +
      'const math = startPython().import<typeof import("./types/math.d.ts")>("math");\n' +
      "const pi: number = math.pi;\n" +
      "// @ts-expect-error -- it takes an argument\n" +
      "void [pi, math.sqrt(2), math.sqrt()];\n",
  );
  const tsc = path.join(ROOT, "node_modules", "typescript", "bin", "tsc");
  capture(findRuntime("deno").file, ["run", "-A", tsc, "--project", "."], { cwd: consumer });
  console.log("tsc accepts a program that uses the package");
}

/** The command as npm starts it: by Node, with one runtime beside the package. */
function tryCommand(installed, consumer, name) {
  const { file } = findRuntime(name);
  const modules = path.join(consumer, "node_modules");
  const place = name === "deno" ? ["@deno", "here", "deno"] : ["bun", "bin", "bun.exe"];
  const link = path.join(modules, ...place);
  fs.mkdirSync(path.dirname(link), { recursive: true });
  fs.symlinkSync(file, link);
  fs.rmSync(path.join(consumer, "types"), { recursive: true, force: true });
  const launcher = path.join(installed, packageJson().bin.pyduet);
  const node = capture("node", ["-p", "process.execPath"]).trim();
  const env = { PATH: path.dirname(node), npm_config_user_agent: undefined };
  const said = capture(node, [launcher, "types", "math"], { cwd: consumer, env });
  if (said.trim() !== path.join("types", "math.d.ts")) {
    throw new HouseError(`pyduet types math, by Node and ${name}, said ${said}`);
  }
  // The command and the program must have one library: a module of another copy is refused.
  fs.writeFileSync(
    path.join(consumer, "module.ts"),
    'import { pyModule } from "pyduet";\n' +
      'export default pyModule("m", { constants: { x: Symbol() } });\n',
  );
  const stubs = capture(node, [launcher, "stubs", "module.ts"], { cwd: consumer, env });
  if (!stubs.includes(path.join("python", "pyduet", "__init__.pyi"))) {
    throw new HouseError(`pyduet stubs module.ts, by Node and ${name}, said ${stubs}`);
  }
  fs.rmSync(path.join(modules, place[0]), { recursive: true });
  console.log(`node starts the package's command on ${name}`);
}

function needFiles(installed) {
  const has = fs.readdirSync(installed, { recursive: true })
    .map((file) => file.replaceAll("\\", "/"));
  const python = fs.readdirSync(path.join(ROOT, "python"), { recursive: true })
    .filter((file) => /(\.pyi?|py\.typed)$/.test(file))
    .map((file) => `python/${file.replaceAll("\\", "/")}`);
  const fixed = ["README.md", "LICENSE", "CHANGELOG.md", "mod.js", "mod.d.ts", "bin/pyduet.mjs"];
  const wanted = [...fixed, "src/cli/main.js", "src/python_types.d.ts", ...python];
  const missing = wanted.filter((file) => !has.includes(file));
  if (missing.length > 0) throw new HouseError(`The package lacks ${missing.join(", ")}`);
  const stray = has.filter((file) => /^(tests|bench|examples|\.)|(?<!\.d)\.ts$/.test(file));
  if (stray.length > 0) throw new HouseError(`The package should not hold ${stray.join(", ")}`);
}
