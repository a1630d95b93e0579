// Which container or unit a process runs in, from its cgroup. Engines put the container's id into
// the path: as a directory of its own (cgroupfs), or in the name of a systemd scope. On cgroup v1
// there is a line for each controller, on v2 one; any of them will do.

import type { Container } from './types.js';

// Monitors (conmon) live in a scope that names the container too, but outside it.
const SCOPE =
  /(?:^|\/)(docker|balena|libpod|crio|cri-containerd|nerdctl)-([0-9a-f]{64})(?:\.scope)?(?:\/|$)/;
const DIRECTORY =
  /(?:^|\/)(docker|balena|actions_job|kubepods|libpod_parent|[^/]*kubepods[^/]*|default|moby|k8s\.io)\/(?:[^/]+\/)*([0-9a-f]{64})(?:\/|$)/;
const LXC = /(?:^|\/)lxc(?:\.payload)?[./]([^/]+)/;
const NSPAWN = /(?:^|\/)machine\.slice\/(?:machine-([^/]+)\.scope|systemd-nspawn@([^/]+)\.service)/;
const UNIT = /.*\/([^/]+\.service)(?:\/|$)/;

const ENGINES: Readonly<Record<string, string>> = {
  docker: 'docker',
  moby: 'docker',
  balena: 'balena-engine',
  libpod: 'podman',
  libpod_parent: 'podman',
  crio: 'crio',
};

// systemd writes "-" in a name as "\x2d" (systemd.unit(5), "String Escaping").
function unescape(name: string): string {
  return name.replace(/\\x([0-9a-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

function containerIn(path: string): Container | undefined {
  const [, by, id] = SCOPE.exec(path) ?? DIRECTORY.exec(path) ?? [];
  if (by !== undefined && id !== undefined) return { engine: ENGINES[by] ?? 'containerd', id };
  const lxc = LXC.exec(path)?.[1];
  if (lxc !== undefined) return { engine: 'lxc', id: lxc, name: lxc };
  const [, scope, service] = NSPAWN.exec(path) ?? [];
  const machine = scope ?? service;
  if (machine === undefined) return undefined;
  return { engine: 'nspawn', id: unescape(machine), name: unescape(machine) };
}

/** What the text of a /proc/PID/cgroup says. */
export function parseCgroup(text: string): { container?: Container; unit?: string } {
  let unit: string | undefined;
  for (const line of text.split('\n')) {
    const path = line.split(':').slice(2).join(':');
    const container = containerIn(path);
    if (container !== undefined) return { container };
    unit ??= UNIT.exec(path)?.[1];
  }
  return unit === undefined ? {} : { unit: unescape(unit) };
}
