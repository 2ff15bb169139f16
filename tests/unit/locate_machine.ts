/**
 * Machines on which `locate()` is tried: temporary folders that hold what installers leave behind.
 * @module
 */
import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import nodePath from "node:path";
import { type Host, locate } from "../../src/capi/locate.ts";
import { PythonNotFoundError, type Refusal } from "../../src/errors.ts";

/** A machine whose root is a temporary folder, so that files, links and headers are real ones. */
export class Machine {
  readonly root: string;
  readonly env: Record<string, string> = {};
  readonly ran: string[] = [];
  answers: Record<string, string> = {};
  cwd: string;
  readonly #platform: Host["platform"];
  readonly #arch: Host["arch"];

  constructor(platform: Host["platform"], arch: Host["arch"] = "x64") {
    this.#platform = platform;
    this.#arch = arch;
    this.root = temporaryFolder();
    this.cwd = this.folder(platform === "win32" ? "C:\\work" : "/work");
  }

  get home(): string {
    return this.#platform === "win32" ? "C:\\Users\\ann" : "/home/ann";
  }

  get host(): Host {
    const real = (path: string): string => this.#real(path);
    const orNull = <T>(read: () => T): T | null => {
      try {
        return read();
      } catch {
        return null;
      }
    };
    return {
      platform: this.#platform,
      arch: this.#arch,
      env: this.env,
      cwd: this.cwd,
      home: this.home,
      stat: (path) =>
        orNull(() => {
          const found = fs.statSync(real(path));
          return found.isFile() ? "file" : found.isDirectory() ? "folder" : null;
        }),
      realpath: (path) => orNull(() => this.#shown(fs.realpathSync(real(path)))) ?? path,
      list: (path) => orNull(() => fs.readdirSync(real(path))) ?? [],
      readText: (path) => orNull(() => fs.readFileSync(real(path), "utf8")),
      readBytes: (path, length) =>
        orNull(() => new Uint8Array(fs.readFileSync(real(path)).subarray(0, length))),
      run: (command, args) => {
        this.ran.push(command);
        return this.answers[[command, ...args].join(" ")] ?? this.answers[command] ?? null;
      },
    };
  }

  /** Writes files; an array of bytes, or a text. */
  write(files: Record<string, string | Uint8Array>): this {
    for (const [path, content] of Object.entries(files)) {
      const real = this.#real(path);
      fs.mkdirSync(nodePath.dirname(real), { recursive: true });
      fs.writeFileSync(real, content);
    }
    return this;
  }

  link(path: string, target: string): this {
    const real = this.#real(path);
    fs.mkdirSync(nodePath.dirname(real), { recursive: true });
    fs.symlinkSync(target.startsWith("/") ? this.#real(target) : target, real);
    return this;
  }

  folder(path: string): string {
    fs.mkdirSync(this.#real(path), { recursive: true });
    return path;
  }

  remove(path: string): this {
    fs.rmSync(this.#real(path), { recursive: true });
    return this;
  }

  #real(path: string): string {
    if (this.#platform !== "win32") return nodePath.join(this.root, path);
    return nodePath.join(this.root, path.replace(":", "").replaceAll("\\", "/"));
  }

  #shown(real: string): string {
    const inside = real.slice(this.root.length) || "/";
    if (this.#platform !== "win32") return inside;
    return inside.replace(/^\/(.)/, "$1:").replaceAll("/", "\\");
  }
}

const folders: string[] = [];

/** A new empty folder, removed by `removeFolders()`; links in its path are followed. */
export function temporaryFolder(): string {
  const folder = fs.realpathSync(fs.mkdtempSync(nodePath.join(os.tmpdir(), "pyduet-locate-")));
  folders.push(folder);
  return folder;
}

/** For the `after` of each file that builds machines. */
export function removeFolders(): void {
  for (const folder of folders.splice(0)) fs.rmSync(folder, { recursive: true, force: true });
}

/** Zeros, but for what stands at these offsets. */
export function bytes(length: number, fields: Record<number, number[]>): Uint8Array {
  const result = new Uint8Array(length);
  for (const [offset, values] of Object.entries(fields)) result.set(values, Number(offset));
  return result;
}

/** An ELF header: machine 62 is x86-64, 183 aarch64, 3 i386; type 3 a shared object. */
export const elf: (machine?: number, more?: { bits?: number; type?: number }) => Uint8Array = (
  machine = 62,
  { bits = 64, type = 3 } = {},
) =>
  bytes(64, {
    0: [0x7f, 0x45, 0x4c, 0x46, bits === 64 ? 2 : 1, 1, 1],
    16: [type, 0, machine & 255, machine >> 8],
  });

/** A CPU type of Mach-O, in the order of its bytes. */
export const X64: number[] = [0x07, 0x00, 0x00, 0x01];
/** The other one. */
export const ARM64: number[] = [0x0c, 0x00, 0x00, 0x01];

/** A thin Mach-O header: file type 6 is a dynamic library, 2 a program. */
export const machO: (cpu?: number[], type?: number) => Uint8Array = (cpu = X64, type = 6) =>
  bytes(32, { 0: [0xcf, 0xfa, 0xed, 0xfe, ...cpu], 12: [type] });

/** A fat Mach-O header with a slice for each CPU. */
export const fat: (...cpus: number[][]) => Uint8Array = (...cpus) =>
  bytes(4096, {
    0: [0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, cpus.length],
    ...Object.fromEntries(cpus.map((cpu, i) => [8 + 20 * i, [...cpu].reverse()])),
  });

/** A PE header: machine 0x8664 is x64, 0xaa64 arm64, 0x14c x86; 0x2000 marks a DLL. */
export const pe: (machine?: number, characteristics?: number) => Uint8Array = (
  machine = 0x8664,
  characteristics = 0x2000,
) =>
  bytes(512, {
    0: [0x4d, 0x5a],
    0x3c: [0x80],
    0x80: [0x50, 0x45, 0, 0, machine & 255, machine >> 8],
    0x96: [characteristics & 255, characteristics >> 8],
  });

/** What a Linux installation has that is not usual. */
export interface LinuxBuild {
  flags?: string;
  /** The exact version in patchlevel.h, which is there only with the headers. */
  exact?: string;
  /** False for a static build. */
  library?: boolean;
  /** The folder of the library, from the prefix. */
  lib?: string;
}

/** A Linux installation as `make install` leaves it. */
export function installLinux(
  machine: Machine,
  prefix: string,
  version: string,
  { flags = "", exact = "", library = true, lib = "lib" }: LinuxBuild = {},
): void {
  const name = `python${version}${flags}`;
  const stdlib = `python${version}${flags.includes("t") ? "t" : ""}`;
  machine
    .write({
      [`${prefix}/bin/${name}`]: elf(),
      [`${prefix}/lib/${stdlib}/os.py`]: "",
    })
    .link(`${prefix}/bin/python3`, name)
    .link(`${prefix}/bin/python`, "python3");
  if (exact !== "") {
    machine.write({
      [`${prefix}/include/${name}/patchlevel.h`]: `#define PY_VERSION              "${exact}"\n`,
    });
  }
  if (!library) return;
  machine
    .write({ [`${prefix}/${lib}/lib${name}.so.1.0`]: elf() })
    .write({ [`${prefix}/${lib}/libpython3.so`]: elf() })
    .link(`${prefix}/${lib}/lib${name}.so`, `lib${name}.so.1.0`);
}

/** A Windows installation by python.org. */
export function installWindows(machine: Machine, prefix: string, version: string): void {
  machine.write({
    [`${prefix}\\python.exe`]: pe(0x8664, 2),
    [`${prefix}\\python3.dll`]: pe(),
    [`${prefix}\\python${version.replace(".", "")}.dll`]: pe(),
    [`${prefix}\\Lib\\os.py`]: "",
  });
}

/** A framework's version folder, such as /Library/Frameworks/Python.framework/Versions/3.12. */
export function installFramework(
  machine: Machine,
  prefix: string,
  library: Uint8Array = fat(X64, ARM64),
): void {
  const version = nodePath.posix.basename(prefix);
  const name = /(\w+)\.framework/.exec(prefix)?.[1] ?? "Python";
  const flags = name === "PythonT" ? "t" : "";
  machine
    .write({
      [`${prefix}/bin/python${version}${flags}`]: machO(X64, 2),
      [`${prefix}/lib/python${version}${flags}/os.py`]: "",
      [`${prefix}/${name}`]: library,
    })
    .link(`${prefix}/lib/libpython${version}${flags}.dylib`, `../${name}`)
    .link(`${prefix}/bin/python3`, `python${version}${flags}`)
    .link(`${prefix}/../Current`, version);
}

/** A virtual environment as `python -m venv` makes it. */
export function makeVenv(
  machine: Machine,
  folder: string,
  config: Record<string, string>,
  python = `${config["home"]}/python3`,
): void {
  const lines = Object.entries(config).map(([key, value]) => `${key} = ${value}\n`);
  machine
    .write({ [`${folder}/pyvenv.cfg`]: lines.join("") })
    .link(`${folder}/bin/python`, python)
    .link(`${folder}/bin/python3`, "python");
}

/** An Ubuntu with the PATH of a user. */
export function debian(): Machine {
  const machine = new Machine("linux");
  machine.write({ "/etc/os-release": 'NAME="Ubuntu"\nID=ubuntu\nID_LIKE=debian\n' });
  machine.env["PATH"] = "/usr/local/bin:/usr/bin:/bin";
  machine.link("/bin", "usr/bin");
  return machine;
}

/** What `locate()` throws for the request. */
export function refusal(request: string | undefined, machine: Machine): PythonNotFoundError {
  try {
    const found = locate(request, machine.host);
    assert.fail(`found ${found.library}`);
  } catch (error) {
    assert.ok(error instanceof PythonNotFoundError, String(error));
    return error;
  }
}

/** Each refused path with its reason. */
export function reasons(refusals: readonly Refusal[]): string[] {
  return refusals.map(({ path, reason }) => `${path}: ${reason}`);
}

/** A shim as pyenv writes it. */
export const SHIM: string = `#!/usr/bin/env bash
program="\${0##*/}"
export PYENV_ROOT="/home/ann/.pyenv"
exec "/home/ann/.pyenv/libexec/pyenv" exec "$program" "$@"
`;

/** An Ubuntu with these versions in pyenv, its shims first on PATH, and a system 3.9. */
export function withPyenv(...versions: string[]): Machine {
  const machine = debian();
  for (const version of versions) {
    const minor = /^\d+\.\d+/.exec(version)?.[0] ?? "3.12";
    const flags = version.endsWith("t") ? "t" : "";
    installLinux(machine, `/home/ann/.pyenv/versions/${version}`, minor, { flags });
  }
  installLinux(machine, "/usr", "3.9", { lib: "lib/x86_64-linux-gnu" });
  machine.write({
    "/home/ann/.pyenv/shims/python3": SHIM,
    "/home/ann/.pyenv/shims/python": SHIM,
  });
  machine.env["PATH"] = "/home/ann/.pyenv/shims:/usr/bin";
  return machine;
}
