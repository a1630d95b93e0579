// A service in a container holds its lock, each in its own language; the host can tell who it is.

import { execFileSync } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { inspect, inspectSync, type Container } from '../../dist/index.js';
import { cli, NATIVE } from '../helpers/cli.js';
import { containerHolder, holding, serviceDirectory } from '../helpers/containers.js';
import { image, needContainers, needEngineSocket, podman } from '../helpers/podman.js';

needContainers();
needEngineSocket();

/** [what holds, its protocol, its kernel lock, what it runs as]. */
const KERNEL: [program: string, protocol: string, source: string, command: RegExp][] = [
  ['flock.sh', 'flock', 'flock', /^flock -n/],
  ['python-flock.py', 'flock', 'flock', /^python3 /],
  ['perl-flock.pl', 'flock', 'flock', /^perl /],
  ['Hold.java', 'record lock', 'posix', /^java /],
  ['lockbridge.mjs', 'lockbridge', 'flock', /^node /],
];

/** [what holds, the verdict's ground, the protocol as the file tells it]. */
const EXISTENCE: [program: string, by: string, protocol: string | undefined][] = [
  ['procmail.sh', 'existence', 'procmail'],
  ['python-lockfile.py', 'existence', 'py-link'],
  ['npm-lockfile.cjs', 'undecidable', undefined],
  ['perl-lockfile-simple.pl', 'existence', 'LockFile::Simple'],
];

async function hold(program: string): Promise<{ path: string; container: Container }> {
  const { dir, path } = serviceDirectory('1234', 'main');
  const label = ['--label', 'io.balena.service-name=main'];
  const { id, name } = await containerHolder(dir, holding(program), ...label);
  return { path, container: { engine: 'podman', id, name, image: image(), service: 'main' } };
}

const service = { app: '1234', service: 'main' };

describe('a kernel lock held in a container', () => {
  it.each(KERNEL)(
    'by %s: %s, its container and its process',
    async (...[program, protocol, source, command]) => {
      const { path, container } = await hold(program);
      const seen = await inspect(path);
      expect(seen).toMatchObject({ verdict: 'held', by: 'kernel', protocol, service, unseen: [] });
      expect(seen.holders[0]).toMatchObject({
        role: 'holds',
        source,
        mode: 'exclusive',
        command: expect.stringMatching(command),
        container,
      });
      expect(seen.actions.filter(({ kind }) => kind === 'ask')).toHaveLength(1);
    },
  );

  it('in its own root: through the /proc of any of its processes', async () => {
    const { dir } = serviceDirectory('1234', 'main');
    const flock = ['flock', '/run/own.lock', 'sh', '-c', 'echo held; read -r _'];
    const { id, name } = await containerHolder(dir, flock);
    const pid = Number(await podman('inspect', '--format', '{{.State.Pid}}', name));
    const seen = inspectSync(`/proc/${String(pid)}/root/run/own.lock`);
    expect(seen).toMatchObject({ verdict: 'held', by: 'kernel' });
    expect(seen.holders[0]).toMatchObject({ pid, container: { id } });
  });
});

it('a listing names the container, also one that was handed over; without Node by its id', async () => {
  const { path, container } = await hold('flock.sh');
  const dir = dirname(path);
  expect(cli('ls', dir).out).toContain('  main: pid ');
  expect(cli('ls', '--json', dir).out).toContain(`"name": "${String(container.name)}"`);
  const alone = NATIVE.run('ls', dir).out;
  expect(alone).toContain(`  ${container.id.slice(0, 12)}: pid `);
  // What was handed over and comes back is Node's own, to the letter but for the age.
  const timeless = (text: string): string => text.replaceAll(/ \d+ s\b/g, ' - s');
  vi.stubEnv('LOCKBRIDGE_RUN', 'node');
  const inNode = cli('ls', dir).out;
  vi.stubEnv('LOCKBRIDGE_RUN', undefined);
  expect(timeless(cli('ls', dir).out)).toBe(timeless(inNode));
});

describe('without a socket of the engine', () => {
  it("the container's name is told by its monitor", async () => {
    const socket = process.env['CONTAINER_HOST'];
    vi.stubEnv('CONTAINER_HOST', 'unix:///nowhere');
    onTestFinished(() => {
      vi.stubEnv('CONTAINER_HOST', socket);
    });
    const { path, container } = await hold('flock.sh');
    const { engine: kind, id, name } = container;
    expect((await inspect(path)).holders[0]?.container).toEqual({ engine: kind, id, name });
  });
});

describe('an existence lock held in a container', () => {
  it.each(EXISTENCE)(
    'by %s: its ground (%s), its protocol and where its maker is',
    async (...[program, by, protocol]) => {
      const { path, container } = await hold(program);
      await hold('flock.sh'); // another service's container: it does not have the directory
      const seen = await inspect(path);
      expect(seen).toMatchObject({ verdict: 'held', by, service, reach: [container] });
      expect(seen.protocol).toBe(protocol);
      expect(seen.reach).toHaveLength(1);
    },
  );

  it.each([
    ['perl-lockfile-simple.pl', 'by its number there', /^perl /],
    ['python-lockfile.py', 'by the name of its own link', /^python3 /],
  ])('by %s, which names its process %s: that process', async (program, _how, command) => {
    const { path, container } = await hold(program);
    const [maker] = (await inspect(path)).holders;
    expect(maker).toMatchObject({ role: 'named', container, nspid: [maker?.pid, 1] });
    expect(maker?.command).toMatch(command);
  });
});

describe('explain in words', () => {
  function explain(path: string): string {
    const bin = fileURLToPath(new URL('../../dist/bin.cjs', import.meta.url));
    return execFileSync(process.execPath, [bin, 'explain', path], { encoding: 'utf8' });
  }

  it('names container, image and service of who holds', async () => {
    const { path, container } = await hold('flock.sh');
    const text = explain(path);
    expect(text).toContain('by a kernel lock: a file made by flock');
    expect(text).toContain('the lock of service main of app 1234');
    const { name = '', id } = container;
    expect(text).toContain(
      `container ${name} (podman ${id.slice(0, 12)}), image ${image()}, service main`,
    );
  });

  it('names who can have made an existence lock', async () => {
    const { path, container } = await hold('procmail.sh');
    const text = explain(path);
    expect(text).toContain('a file made by procmail');
    expect(text).toMatch(new RegExp(`may have made it\\n  container ${container.name ?? ''} `));
  });
});
