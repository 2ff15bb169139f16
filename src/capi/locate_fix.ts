/**
 * The one command that makes a Python usable, for each OS and each tool that installs Pythons.
 * @module
 */

import { type Host, pathsFor, variable } from "./locate_host.ts";
import { type Build, versionText } from "./locate_names.ts";

/** What to install where nothing tells which version the user wants. */
const SUGGESTED: Build = { version: [3, 13], flags: "" };

/** The folder of pyenv; on Windows that of pyenv-win, which sets the same variable. */
export function pyenvRoot(host: Host): string {
  const folder = host.platform === "win32" ? [".pyenv", "pyenv-win"] : [".pyenv"];
  return variable(host, "PYENV_ROOT") ?? pathsFor(host).join(host.home, ...folder);
}

/** The folders in which uv keeps its Pythons, the most specific setting first. */
export function uvFolders(host: Host): string[] {
  const paths = pathsFor(host);
  const set = variable(host, "UV_PYTHON_INSTALL_DIR");
  if (set !== undefined) return [set];
  const data = variable(host, "XDG_DATA_HOME");
  if (data !== undefined) return [paths.join(data, "uv", "python")];
  if (host.platform !== "win32") return [paths.join(host.home, ".local", "share", "uv", "python")];
  const roaming = variable(host, "APPDATA") ?? paths.join(host.home, "AppData", "Roaming");
  // uv's documentation says uv\data\python, its installations are seen in uv\python
  // (astral-sh/uv#13877).
  return [paths.join(roaming, "uv", "python"), paths.join(roaming, "uv", "data", "python")];
}

/** The command that adds the missing shared library to an installation that has none. */
export function fixForStaticBuild(
  host: Host,
  installation: Build & { readonly prefix: string },
): string {
  const { prefix, version, flags } = installation;
  const paths = pathsFor(host);
  const parent = paths.dirname(prefix);
  const number = versionText(version, flags);
  if (parent === host.realpath(paths.join(pyenvRoot(host), "versions"))) {
    const name = paths.basename(prefix);
    return `env PYTHON_CONFIGURE_OPTS="--enable-shared" pyenv install --force ${name}`;
  }
  if (uvFolders(host).some((folder) => parent === host.realpath(folder))) {
    return `uv python install --reinstall ${number}`;
  }
  if (host.platform === "linux" && prefix !== "/usr") return `uv python install ${number}`;
  return host.platform === "linux"
    ? fixOfDistribution(host, installation)
    : fixForNoPython(host, installation);
}

/** A build to install, `exact` down to the last number (`"3.12.1"`) if that was asked for. */
export interface WantedBuild extends Build {
  readonly exact?: string | null;
}

/** The command that installs a usable Python, of this build if one is given. */
export function fixForNoPython(host: Host, build: WantedBuild | null): string {
  const { version, flags, exact }: WantedBuild = build ?? SUGGESTED;
  const number = versionText(version);
  const free = flags.includes("t");
  const full = (exact ?? number) + (free ? "t" : "");
  if (host.stat(pathsFor(host).join(pyenvRoot(host), "bin")) === "folder") {
    return host.platform === "win32"
      ? `pyenv install ${full}`
      : `env PYTHON_CONFIGURE_OPTS="--enable-shared" pyenv install ${full}`;
  }
  if (host.platform === "darwin") {
    return free ? "brew install python-freethreading" : `brew install python@${number}`;
  }
  if (host.platform === "win32") {
    return free ? `py install ${number}t` : `winget install Python.Python.${number}`;
  }
  if (build !== null) return `uv python install ${full}`;
  switch (distribution(host)) {
    case "debian":
      return "sudo apt-get install python3 libpython3-dev";
    case "fedora":
      return "sudo dnf install python3 python3-libs";
    case "alpine":
      return "apk add python3";
    case "arch":
      return "sudo pacman -S python";
    case "suse":
      return "sudo zypper install python3";
    default:
      return `uv python install ${number}`;
  }
}

/** The package that holds the shared library of the distribution's own Python. */
function fixOfDistribution(host: Host, { version, flags }: Build): string {
  const number = versionText(version);
  switch (distribution(host)) {
    case "debian":
      return `sudo apt-get install libpython${number}${flags.includes("d") ? "-dbg" : ""}`;
    case "fedora": {
      // The distribution's own python3 has its library in python3-libs, every further version
      // in a package that carries its number.
      const isOwn = host.realpath("/usr/bin/python3") === `/usr/bin/python${number}`;
      return `sudo dnf install python${isOwn ? "3" : number}-libs`;
    }
    case "alpine":
      return "apk add python3";
    case "arch":
      return "sudo pacman -S python";
    case "suse":
      return `sudo zypper install libpython${number.replace(".", "_")}-1_0`;
    default:
      return `uv python install ${versionText(version, flags)}`;
  }
}

/** The family of the Linux distribution, from os-release(5). */
function distribution(host: Host): "debian" | "fedora" | "alpine" | "arch" | "suse" | null {
  const text = host.readText("/etc/os-release") ?? host.readText("/usr/lib/os-release") ?? "";
  const read = (key: string): string[] =>
    new RegExp(`^${key}=["']?([^"'\\n]*)`, "m").exec(text)?.[1]?.split(/\s+/) ?? [];
  for (const id of [...read("ID"), ...read("ID_LIKE")]) {
    if (id === "debian" || id === "ubuntu") return "debian";
    if (id === "fedora" || id === "rhel" || id === "centos") return "fedora";
    if (id === "alpine" || id === "arch") return id;
    if (id.includes("suse")) return "suse";
  }
  return null;
}
