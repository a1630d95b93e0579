// The names of containers, asked of their engine over its socket, in the API that Docker, Podman
// and balenaEngine share. containerd alone has no such API: its containers keep their ids.

import { lstatSync } from 'node:fs';
import { engineSocket } from '../env.js';
import { printable } from '../printable.js';
import { readStart, visiblePids } from './procfs.js';
import type { Container, Inspection } from './types.js';

const SOCKETS: Readonly<Record<string, readonly string[]>> = {
  docker: ['/run/docker.sock', '/var/run/docker.sock'],
  podman: ['/run/podman/podman.sock'],
  'balena-engine': ['/run/balena-engine.sock', '/run/balena.sock'],
};
const LABELS = ['io.balena.service-name', 'io.resin.service-name', 'com.docker.compose.service'];
const PATIENCE_MS = 500;
const MOST_BYTES = 1 << 20;

// Only root or we ourselves may answer for an engine.
function usable(socket: string): boolean {
  const seen = lstatSync(socket, { throwIfNoEntry: false });
  return seen?.isSocket() === true && (seen.uid === 0 || seen.uid === process.getuid?.());
}

async function get(socket: string, path: string): Promise<unknown> {
  const { request } = await import('node:http'); // only now: most looks meet no container
  return new Promise((resolve) => {
    const give = (value: unknown): void => {
      asked.destroy();
      resolve(value);
    };
    const asked = request({ socketPath: socket, path, timeout: PATIENCE_MS }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk;
        if (body.length > MOST_BYTES) give(undefined);
      });
      response.on('end', () => {
        try {
          give(response.statusCode === 200 ? JSON.parse(body) : undefined);
        } catch {
          give(undefined);
        }
      });
    });
    const late = setTimeout(give, PATIENCE_MS, undefined).unref();
    asked
      .on('error', () => {
        give(undefined);
      })
      .on('close', () => {
        clearTimeout(late);
        resolve(undefined);
      })
      .end();
  });
}

function field(value: unknown, ...path: string[]): unknown {
  let at = value;
  for (const key of path) {
    if (typeof at !== 'object' || at === null) return undefined;
    at = (at as Record<string, unknown>)[key];
  }
  return at;
}

function fill(container: Container, answer: unknown): void {
  const text = (value: unknown): string | undefined =>
    typeof value === 'string' && value !== '' ? printable(value) : undefined;
  const name = text(field(answer, 'Name'))?.replace(/^\//, '');
  const image = text(field(answer, 'Config', 'Image'));
  const labels = LABELS.map((label) => text(field(answer, 'Config', 'Labels', label)));
  const service = labels.find((label) => label !== undefined);
  if (name !== undefined) container.name = name;
  if (image !== undefined) container.image = image;
  if (service !== undefined) container.service = service;
}

async function ask(container: Container, given: string | undefined): Promise<void> {
  if (!/^[0-9a-f]{64}$/.test(container.id)) return;
  const sockets = given === undefined ? (SOCKETS[container.engine] ?? []) : [given];
  for (const socket of sockets) {
    if (given === undefined && !usable(socket)) continue;
    const answer = await get(socket, `/containers/${container.id}/json`);
    if (answer !== undefined) {
      fill(container, answer);
      return;
    }
  }
}

// Podman needs no daemon, so its socket is often not there; its monitor bears the name.
function nameFromMonitor(container: Container): void {
  for (const pid of visiblePids()) {
    const words = readStart(`/proc/${String(pid)}/cmdline`, 4096).split('\0');
    if (!words[0]?.endsWith('conmon') || words[words.indexOf('-c') + 1] !== container.id) continue;
    const name = words[words.indexOf('-n') + 1];
    if (words.includes('-n') && name) container.name = printable(name);
    return;
  }
}

/** The containers of everybody whom an inspection names. */
export function containersOf(seen: Pick<Inspection, 'holders' | 'orphans'>): Container[] {
  const found: Container[] = [];
  for (const some of [seen.holders, seen.orphans])
    for (const { container } of some) if (container !== undefined) found.push(container);
  return found;
}

/**
 * Fills in what their engines know of containers, each asked for once. Never fails. `socket`: of the
 * engine to ask; by default the one that the environment names, else those at the usual places.
 */
export async function nameContainers(
  containers: readonly Container[],
  socket: string | undefined = engineSocket(),
): Promise<void> {
  const byId = new Map<string, Container[]>();
  for (const container of containers)
    byId.set(container.id, [...(byId.get(container.id) ?? []), container]);
  await Promise.all(
    [...byId.values()].map(async ([first, ...others]) => {
      if (first === undefined) return;
      await ask(first, socket);
      if (first.name === undefined && first.engine === 'podman') nameFromMonitor(first);
      for (const other of others) Object.assign(other, first);
    }),
  );
}
