import assert from "node:assert/strict";
import { after, test } from "node:test";
import { libraryFault } from "../../src/capi/locate_header.ts";
import {
  ARM64,
  bytes,
  debian,
  elf,
  fat,
  installLinux,
  Machine,
  machO,
  pe,
  refusal,
  removeFolders,
  X64,
} from "./locate_machine.ts";

after(removeFolders);

test("libraryFault() accepts a library of this CPU and names what is wrong with others", () => {
  const linux = new Machine("linux");
  const mac = new Machine("darwin", "arm64");
  const windows = new Machine("win32");
  const cases: [machine: Machine, content: Uint8Array | string, fault: string | null][] = [
    [linux, elf(), null],
    [linux, elf(183), "built for arm64, this process is x64"],
    [linux, elf(3, { bits: 32 }), "a 32-bit library"],
    [linux, elf(243), "built for riscv64, this process is x64"],
    [linux, elf(9999), "built for ELF machine 9999, this process is x64"],
    [linux, elf(62, { type: 2 }), "not a shared library"],
    [linux, elf().subarray(0, 17), "not a shared library"],
    [linux, "", "an empty file, not a shared library"],
    [linux, "INPUT(libpython3.12.so.1.0)", "not a shared library"],
    [linux, "\x7fE", "not a shared library"],
    [linux, machO(), "a library for macOS"],
    [linux, pe(), "a library for Windows"],
    [mac, machO(ARM64), null],
    [mac, machO(X64), "built for x64, this process is arm64"],
    [mac, machO(ARM64, 2), "not a shared library"],
    [mac, bytes(32, { 0: [0xce, 0xfa, 0xed, 0xfe, 7] }), "a 32-bit library"],
    [mac, fat(X64, ARM64), null],
    [mac, fat(X64), "built for x64, this process is arm64"],
    [mac, fat([7, 0, 0, 0]), "a 32-bit library"],
    [mac, bytes(64, { 0: [0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 52] }), "not a shared library"],
    [mac, elf(183), "a library for Linux"],
    [windows, pe(), null],
    [windows, pe(0xaa64), "built for arm64, this process is x64"],
    [windows, pe(0x14c), "a 32-bit library"],
    [windows, pe(0x8664, 2), "not a shared library"],
    [windows, "MZ", "not a shared library"],
  ];
  for (const [machine, content, fault] of cases) {
    const path = machine === windows ? "C:\\x.dll" : "/x.so";
    machine.write({ [path]: content });
    assert.equal(libraryFault(machine.host, path), fault);
  }
  assert.equal(libraryFault(linux.host, "/nothing.so"), "no such file");
  assert.equal(libraryFault(linux.host, "/work"), "a folder, not a shared library");
});

test("locate() refuses an installation whose library is for another CPU, naming the library", () => {
  const machine = debian();
  installLinux(machine, "/opt/py", "3.12");
  machine.write({ "/opt/py/lib/libpython3.12.so.1.0": elf(183) });
  assert.equal(
    refusal("/opt/py", machine).message.split("\n")[0],
    'The Python named by option python, "/opt/py", cannot be used: ' +
      "/opt/py/lib/libpython3.12.so.1.0 is refused: built for arm64, this process is x64.",
  );
});
