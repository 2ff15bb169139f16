/**
 * Reads the first bytes of a library to learn whether this process could load it. Loading it to
 * find out would run its initialisers, and the message of the loader names no cure.
 * @module
 */

import type { Host } from "./locate_host.ts";

/** Enough for an ELF header, every slice of a fat Mach-O file, and the PE header's usual offset. */
const HEADER_LENGTH = 4096;

/** What a header says: the CPU, or the clause that says why the file is of no use. */
type Verdict = { readonly cpus: readonly string[] } | { readonly fault: string };

const NO_LIBRARY: Verdict = { fault: "not a shared library" };
const THIRTY_TWO_BIT: Verdict = { fault: "a 32-bit library" };

/** Why this process cannot load the library, as one clause, or `null` if it can. */
export function libraryFault(host: Host, path: string): string | null {
  const kind = host.stat(path);
  if (kind === null) return "no such file";
  if (kind === "folder") return "a folder, not a shared library";
  const bytes = host.readBytes(path, HEADER_LENGTH);
  if (bytes === null) return "a file that cannot be read";
  if (bytes.length === 0) return "an empty file, not a shared library";
  const verdict = readHeader(host, new DataView(bytes.buffer, bytes.byteOffset, bytes.length));
  if ("fault" in verdict) return verdict.fault;
  if (verdict.cpus.includes(host.arch)) return null;
  return `built for ${verdict.cpus.join(" and ")}, this process is ${host.arch}`;
}

function readHeader(host: Host, view: DataView): Verdict {
  const readers = [
    { platform: "linux", system: "Linux", read: readElf },
    { platform: "darwin", system: "macOS", read: readMachO },
    { platform: "win32", system: "Windows", read: readPe },
  ] as const;
  for (const { platform, system, read } of readers) {
    const verdict = readOrNull(read, view);
    if (verdict === null) continue;
    if (platform === host.platform || "fault" in verdict) return verdict;
    return { fault: `a library for ${system}` };
  }
  return NO_LIBRARY;
}

/** `null` where the format's signature is absent; a header that is cut off is no library. */
function readOrNull(read: (view: DataView) => Verdict | null, view: DataView): Verdict | null {
  try {
    return read(view);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** The ELF header: System V ABI, chapter 4; machine numbers from the psABI supplements. */
function readElf(view: DataView): Verdict | null {
  if (view.getUint32(0, false) !== 0x7f454c46) return null;
  const little = view.getUint8(5) !== 2;
  const type = view.getUint16(16, little);
  if (type !== 3) return NO_LIBRARY;
  if (view.getUint8(4) !== 2) return THIRTY_TWO_BIT;
  const machine = view.getUint16(18, little);
  const names = new Map([
    [21, "ppc64"],
    [22, "s390x"],
    [62, "x64"],
    [183, "arm64"],
    [243, "riscv64"],
    [258, "loong64"],
  ]);
  return { cpus: [names.get(machine) ?? `ELF machine ${machine}`] };
}

/** The thin and the fat header: mach-o/loader.h and mach-o/fat.h. */
function readMachO(view: DataView): Verdict | null {
  const magic = view.getUint32(0, false);
  if (magic === 0xcefaedfe) return THIRTY_TWO_BIT;
  if (magic === 0xcffaedfe) {
    const type = view.getUint32(12, true);
    const isLibrary = type === 6; // MH_DYLIB
    return isLibrary ? { cpus: [machCpu(view.getUint32(4, true))] } : NO_LIBRARY;
  }
  if (magic !== 0xcafebabe && magic !== 0xcafebabf) return null;
  const count = view.getUint32(4, false);
  // A Java class file has the same signature; there these bytes hold a version above 40.
  if (count === 0 || count > 20) return NO_LIBRARY;
  const size = magic === 0xcafebabe ? 20 : 32;
  const cpus: string[] = [];
  for (let i = 0; i < count; i++) {
    const cpu = view.getUint32(8 + i * size, false);
    if ((cpu & 0x01000000) !== 0) cpus.push(machCpu(cpu));
  }
  return cpus.length === 0 ? THIRTY_TWO_BIT : { cpus };
}

function machCpu(type: number): string {
  if (type === 0x01000007) return "x64";
  if (type === 0x0100000c) return "arm64";
  return `Mach-O CPU type ${type}`;
}

/** The PE header: Microsoft's "PE Format", sections "MS-DOS Stub" and "COFF File Header". */
function readPe(view: DataView): Verdict | null {
  if (view.getUint16(0, false) !== 0x4d5a) return null;
  const start = view.getUint32(0x3c, true);
  if (view.getUint32(start, false) !== 0x50450000) return null;
  const isLibrary = (view.getUint16(start + 22, true) & 0x2000) !== 0; // IMAGE_FILE_DLL
  if (!isLibrary) return NO_LIBRARY;
  const machine = view.getUint16(start + 4, true);
  if (machine === 0x8664) return { cpus: ["x64"] };
  if (machine === 0xaa64) return { cpus: ["arm64"] };
  if (machine === 0x014c || machine === 0x01c4) return THIRTY_TWO_BIT;
  return { cpus: [`PE machine 0x${machine.toString(16)}`] };
}
