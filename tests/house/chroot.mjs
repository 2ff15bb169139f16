/**
 * `npm run test:sid`: the suites with the Pythons of Debian's unstable suite, which are newer than those
 * of any other place, and with a debug build, whose assertions see what a release build lets pass.
 *
 * The folder `PYDUET_SID`, or `.cache/sid`, holds the system; it is made the first time. The suites run
 * in it with chroot, inside a mount namespace of their own: the project and the runtimes are mounted
 * there only, and nothing has to be unmounted. Needs root on Linux; without, the exit code is 2.
 * @module
 */
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import process from "node:process";
import { announce, runSuite, SUITE_FOLDERS } from "./suites.mjs";
import { Tally } from "./tally.mjs";
import { CACHE, heading, HouseError, main, ROOT, run, RUNTIME_NAMES } from "./tools.mjs";

const OURS = path.join(CACHE, "sid");
const SID = path.resolve(process.env.PYDUET_SID ?? OURS);
const LIBRARIES = `/usr/lib/${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu`;

/** What is tested, and what PYDUET_PYTHON says for it inside. */
const PYTHONS = {
  "3.14": "/usr/bin/python3.14",
  "3.15": "/usr/bin/python3.15",
  "3.14 debug": `${LIBRARIES}/libpython3.14d.so.1.0`,
};
const PACKAGES = [
  ...["python3.14", "libpython3.14", "libpython3.14-dbg", "python3.15", "libpython3.15"],
  "python3-numpy",
];

await main(async () => {
  const obstacle = whyNot();
  if (obstacle) {
    console.error(`test:sid did not run: ${obstacle}`);
    return 2;
  }
  await prepare();
  const tally = new Tally();
  for (const [name, python] of Object.entries(PYTHONS)) {
    for (const runtime of RUNTIME_NAMES) {
      announce(`Debian's Python ${name}`, runtime);
      tally.add(`${name}, ${runtime}`, await runSuite(runtime, SUITE_FOLDERS, { python, launch }));
    }
  }
  return tally.finish();
});

function whyNot() {
  if (process.platform !== "linux") return "it needs Linux.";
  if (process.getuid() !== 0) {
    return "it needs root, for chroot and mount.\n  Fix: sudo npm run test:sid";
  }
  if (!isReady() && spawnSync("debootstrap", ["--version"]).status !== 0) {
    return "debootstrap is not installed.\n  Fix: apt-get install debootstrap";
  }
  const trial = spawnSync("unshare", ["--mount", "true"]);
  return trial.status === 0
    ? null
    : "this machine lets nobody make a mount namespace (a container without the right to mount).";
}

function isReady() {
  return Object.values(PYTHONS).every((file) => fs.existsSync(path.join(SID, file)));
}

async function prepare() {
  if (isReady()) return;
  if (SID !== OURS && fs.existsSync(SID) && fs.readdirSync(SID).length > 0) {
    // Somebody else's folder is not ours to empty.
    const lacking = Object.values(PYTHONS).filter((file) => !fs.existsSync(path.join(SID, file)));
    throw new HouseError(
      `${SID} lacks ${lacking.join(", ")}.\n  Fix: chroot ${SID} apt-get install ` +
        `${PACKAGES.slice(0, 5).join(" ")}; or set PYDUET_SID to an empty folder.`,
    );
  }
  heading(`making a Debian system in ${SID} (some minutes, about 600 MB)`);
  fs.rmSync(SID, { recursive: true, force: true });
  fs.mkdirSync(path.dirname(SID), { recursive: true });
  await step("debootstrap", ["--variant=minbase", "sid", SID]);
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  for (const name of ["http_proxy", "https_proxy"]) {
    if (process.env[name]) env[name] = process.env[name];
  }
  const apt = inside("apt-get", ["install", "--yes", "--no-install-recommends", ...PACKAGES], env);
  await step(apt.file, apt.args);
  if (!isReady()) {
    throw new HouseError(`${SID} lacks a Python although all packages are installed.`);
  }
}

async function step(command, args) {
  const made = await run(command, args, { minutes: 30 });
  if (made.ok) return;
  throw new HouseError(
    `Making the Debian system failed: ${command}: ${made.note}\n` +
      "  Fix: the first time needs the network. Run it again; a half-made folder is made anew.",
  );
}

/** Turns a command of the project into one inside, with the runtime's program mounted there. */
function launch({ file, args, env }) {
  const runtime = path.basename(file).replace(/\.exe$/, "");
  return inside(`/usr/local/bin/${runtime}`, args, env, { [`usr/local/bin/${runtime}`]: file });
}

/** A command that runs inside, in the project's folder; `programs` are files to be mounted there. */
function inside(command, args, env, programs = {}) {
  const settings = {
    HOME: "/root",
    PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
    LANG: "C.UTF-8",
    ...env,
  };
  const mounts = Object.entries({ project: ROOT, ...programs });
  // Everything that varies reaches the script as an argument, so that nothing is quoted twice.
  const script = `set -e
    sid="$1" mounts="$2"; shift 2
    while [ "$mounts" -gt 0 ]; do
      if [ -d "$2" ]; then mkdir -p "$sid/$1"; else touch "$sid/$1"; fi
      mount --bind "$2" "$sid/$1"
      mounts=$((mounts - 1)); shift 2
    done
    mount -t proc proc "$sid/proc"
    mount --rbind /dev "$sid/dev"
    exec chroot "$sid" /usr/bin/env --ignore-environment --chdir=/project "$@"`;
  return {
    file: "unshare",
    args: [
      ...[
        "--mount",
        "--propagation",
        "private",
        "sh",
        "-c",
        script,
        "sh",
        SID,
        String(mounts.length),
      ],
      ...mounts.flat(),
      ...Object.entries(settings).map(([name, value]) => `${name}=${value}`),
      ...[command, ...args],
    ],
    env: {},
  };
}
