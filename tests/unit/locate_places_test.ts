import assert from "node:assert/strict";
import { after, test } from "node:test";
import { type Candidate, locate, locateAll } from "../../src/capi/locate.ts";
import {
  ARM64,
  installFramework,
  installWindows,
  Machine,
  machO,
  pe,
  reasons,
  refusal,
  removeFolders,
} from "./locate_machine.ts";

after(removeFolders);

test("locate() finds framework builds and Homebrew on macOS", () => {
  const machine = new Machine("darwin", "arm64");
  const framework = "/Library/Frameworks/Python.framework";
  installFramework(machine, `${framework}/Versions/3.12`);
  installFramework(machine, "/Library/Frameworks/PythonT.framework/Versions/3.13");
  const brewed = "/opt/homebrew/opt/python@3.13/Frameworks/Python.framework/Versions/3.13";
  installFramework(machine, brewed, machO(ARM64));
  const expected: Candidate = {
    library: `${framework}/Versions/3.12/Python`,
    executable: `${framework}/Versions/3.12/bin/python3`,
    home: `${framework}/Versions/3.12`,
    venv: null,
    version: [3, 12],
    flags: "",
    origin: "option python",
  };
  assert.deepEqual(locate("3.12", machine.host), expected);
  assert.deepEqual(locate(`${framework}/Versions/3.12`, machine.host), expected);
  assert.equal(locate(framework, machine.host).version?.[1], 12);
  const app = `${framework}/Versions/3.12/Resources/Python.app/Contents/MacOS/Python`;
  machine.write({ [app]: machO(ARM64, 2) });
  assert.equal(locate(app, machine.host).library, expected.library);
  assert.deepEqual(locate(`${framework}/Versions/3.12/Python`, machine.host), {
    ...expected,
    executable: `${framework}/Versions/3.12/bin/python3.12`,
  });
  const free = locate("3.13t", machine.host);
  assert.equal(free.library, "/Library/Frameworks/PythonT.framework/Versions/3.13/PythonT");
  const first = locate(undefined, machine.host);
  assert.deepEqual([first.library, first.origin], [`${brewed}/Python`, "Homebrew"]);
  assert.deepEqual(machine.ran, []);
});

test("locate() finds a dylib outside a framework, as conda, pyenv and uv have it", () => {
  const machine = new Machine("darwin", "arm64");
  machine
    .write({
      "/home/ann/miniconda3/bin/python3.12": machO(ARM64, 2),
      "/home/ann/miniconda3/lib/libpython3.12.dylib": machO(ARM64),
    })
    .link("/home/ann/miniconda3/bin/python", "python3.12");
  const { library, origin } = locate(undefined, machine.host);
  assert.deepEqual(
    [library, origin],
    ["/home/ann/miniconda3/lib/libpython3.12.dylib", "conda"],
  );
});

test("locate() looks behind Apple's stand-in and never runs it", () => {
  const machine = new Machine("darwin", "arm64");
  machine.write({ "/usr/bin/python3": machO(ARM64, 2) });
  machine.env["PATH"] = "/usr/bin";
  const error = refusal("/usr/bin/python3", machine);
  assert.deepEqual(error.refusals[0], {
    origin: "option python",
    path: "/usr/bin/python3",
    reason: "Apple's stand-in, which only offers an installation",
    fix: "xcode-select --install",
  });
  const tools = "/Library/Developer/CommandLineTools";
  const version = `${tools}/Library/Frameworks/Python3.framework/Versions/3.9`;
  installFramework(machine, version);
  machine.link(`${tools}/usr/bin/python3`, `${version}/bin/python3`);
  const found = locate(undefined, machine.host);
  assert.equal(found.library, `${version}/Python3`);
  assert.equal(found.executable, `${tools}/usr/bin/python3`);
  assert.deepEqual(machine.ran, []);
});

test("locate() finds a Windows installation, its virtual environment and its DLL", () => {
  const machine = new Machine("win32");
  const prefix = "C:\\Python312";
  installWindows(machine, prefix, "3.12");
  machine.env["Path"] = `"${prefix}";C:\\Windows`;
  const expected: Candidate = {
    library: `${prefix}\\python312.dll`,
    executable: `${prefix}\\python.exe`,
    home: prefix,
    venv: null,
    version: [3, 12],
    flags: "",
    origin: "PATH",
  };
  assert.deepEqual(locate(undefined, machine.host), expected);
  const named = { ...expected, origin: "option python" };
  assert.deepEqual(locate(prefix, machine.host), named);
  assert.deepEqual(locate(`${prefix}\\python312.dll`, machine.host), named);
  assert.deepEqual(locate("python", machine.host), named);
  machine.write({
    "C:\\work\\.venv\\pyvenv.cfg": `home = ${prefix}\r\nversion = 3.12.1\r\n`,
    "C:\\work\\.venv\\Scripts\\python.exe": pe(0x8664, 2),
  });
  assert.deepEqual(locate(undefined, machine.host), {
    ...expected,
    executable: "C:\\work\\.venv\\Scripts\\python.exe",
    venv: "C:\\work\\.venv",
    origin: ".venv",
  });
});

test("locate() keeps Windows builds apart and never takes python3.dll", () => {
  const machine = new Machine("win32");
  installWindows(machine, "C:\\py", "3.13");
  machine.write({
    "C:\\py\\python3.13t.exe": pe(0x8664, 2),
    "C:\\py\\python313t.dll": pe(),
    "C:\\py\\python_d.exe": pe(0x8664, 2),
    "C:\\py\\python313_d.dll": pe(),
  });
  const library = (request: string): string => locate(request, machine.host).library;
  assert.equal(library("C:\\py"), "C:\\py\\python313.dll");
  assert.equal(library("C:\\py\\python3.13t.exe"), "C:\\py\\python313t.dll");
  assert.equal(library("C:\\py\\python_d.exe"), "C:\\py\\python313_d.dll");
  assert.match(refusal("C:\\py\\python3.dll", machine).message, /the stable-ABI stub/);
  machine.remove("C:\\py\\python313.dll");
  assert.deepEqual(refusal("C:\\py\\python.exe", machine).refusals[0], {
    origin: "option python",
    path: "C:\\py\\python.exe",
    reason: "python313.dll is missing from C:\\py",
    fix: "winget install Python.Python.3.13",
  });
});

test("locate() reads the Windows registry, whose default value has a translated name", () => {
  const machine = new Machine("win32");
  installWindows(machine, "D:\\one", "3.11");
  installWindows(machine, "D:\\two", "3.12");
  machine.answers["C:\\Windows\\System32\\reg.exe query HKCU\\Software\\Python /s /reg:64"] = [
    "",
    "HKEY_CURRENT_USER\\Software\\Python\\PythonCore\\3.11\\InstallPath",
    "    (Standard)    REG_SZ    D:\\one\\",
    "",
    "HKEY_CURRENT_USER\\Software\\Python\\PythonCore\\3.11\\PythonPath",
    "    (Standard)    REG_SZ    D:\\one\\Lib\\",
    "",
    "HKEY_CURRENT_USER\\Software\\Python\\Astral\\CPython3.12.1\\InstallPath",
    "    (Standard)    REG_SZ    D:\\elsewhere",
    "    ExecutablePath    REG_SZ    D:\\two\\python.exe",
    "    WindowedExecutablePath    REG_SZ    D:\\two\\pythonw.exe",
    "",
  ].join("\r\n");
  const { found, refused } = locateAll(machine.host);
  assert.deepEqual(found.map(({ library, origin }) => [library, origin]), [
    ["D:\\one\\python311.dll", "registry"],
    ["D:\\two\\python312.dll", "registry"],
  ]);
  assert.deepEqual(reasons(refused).at(-1), "HKLM\\Software\\Python: no installation listed");
});

test("locate() finds what the installers of Windows leave behind", () => {
  const machine = new Machine("win32");
  const local = "C:\\Users\\ann\\AppData\\Local";
  installWindows(machine, `${local}\\Python\\pythoncore-3.14-64`, "3.14");
  installWindows(machine, `${local}\\Programs\\Python\\Python313`, "3.13");
  installWindows(machine, "C:\\Program Files\\Python312", "3.12");
  installWindows(machine, "C:\\Users\\ann\\AppData\\Roaming\\uv\\python\\cpython-3.11.9-x", "3.11");
  assert.deepEqual(locateAll(machine.host).found.map(({ origin, version }) => [origin, version]), [
    ["uv", [3, 11]],
    ["install manager", [3, 14]],
    ["python.org", [3, 13]],
    ["python.org", [3, 12]],
  ]);
  const launcher = `${local}\\Python\\bin\\python.exe`;
  machine.write({
    [launcher]: pe(0x8664, 2),
    [`${launcher}.__target__`]: `${local}\\Python\\pythoncore-3.14-64\\python.exe`,
  });
  machine.env["PATH"] = `${local}\\Python\\bin`;
  const { executable, origin } = locate(undefined, machine.host);
  assert.equal(executable, `${local}\\Python\\pythoncore-3.14-64\\python.exe`);
  assert.equal(origin, "PATH");
});

test("locate() refuses the Microsoft Store's Python, and does not run it", () => {
  const machine = new Machine("win32");
  const folder = "C:\\Users\\ann\\AppData\\Local\\Microsoft\\WindowsApps";
  // A link to nothing stands for the alias, which no file function can follow either.
  machine.folder(folder);
  machine.link(`${folder}\\python.exe`, "nowhere");
  machine.env["PATH"] = folder;
  const refused = refusal(undefined, machine).refusals.find(({ origin }) => origin === "PATH");
  assert.deepEqual(refused, {
    origin: "PATH",
    path: `${folder}\\python.exe`,
    reason: "the Microsoft Store's Python, whose library Windows lets no other program load",
    fix: "winget install Python.Python.3.13",
  });
  assert.deepEqual(machine.ran.filter((command) => !command.endsWith("reg.exe")), []);
});
