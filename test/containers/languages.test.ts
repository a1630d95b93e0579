// A service in a container holds its lock, each in its own language; the host can tell who it is.

import { describe, expect, it } from 'vitest';
import { inspect } from '../../dist/index.js';
import { containerHolder, holding, serviceDirectory } from '../helpers/containers.js';
import { image, needContainers, needEngineSocket } from '../helpers/podman.js';

needContainers();
needEngineSocket();

const LABEL = ['--label', 'io.balena.service-name=main'];

/** [what holds, its kernel lock, what it runs as]. */
const KERNEL: [program: string, source: string, command: RegExp][] = [
  ['flock.sh', 'flock', /^flock -n/],
  ['python-flock.py', 'flock', /^python3 /],
  ['perl-flock.pl', 'flock', /^perl /],
  ['Hold.java', 'posix', /^java /],
  ['lockbridge.mjs', 'flock', /^node /],
];

/** [what holds, the verdict's ground, the protocol as the file tells it]. */
const EXISTENCE: [program: string, by: string, protocol: string | undefined][] = [
  ['procmail.sh', 'existence', 'procmail'],
  ['python-lockfile.py', 'existence', 'py-link'],
  ['npm-lockfile.cjs', 'undecidable', undefined],
  ['perl-lockfile-simple.pl', 'existence', 'pid file'],
];

describe('a kernel lock held in a container', () => {
  it.each(KERNEL)(
    'by %s: its container, its process and its kind',
    async (program, source, command) => {
      const { dir, path } = serviceDirectory('1234', 'main');
      const { id, name } = await containerHolder(dir, holding(program), ...LABEL);
      const seen = await inspect(path);
      expect(seen).toMatchObject({
        verdict: 'held',
        by: 'kernel',
        service: { app: '1234', service: 'main' },
        unseen: [],
      });
      expect(seen.holders[0]).toMatchObject({
        role: 'holds',
        source,
        mode: 'exclusive',
        command: expect.stringMatching(command),
        container: { engine: 'podman', id, name, image: image(), service: 'main' },
      });
    },
  );
});

describe('an existence lock held in a container', () => {
  it.each(EXISTENCE)('by %s: its protocol and its service', async (program, by, protocol) => {
    const { dir, path } = serviceDirectory('1234', 'main');
    await containerHolder(dir, holding(program), ...LABEL);
    const seen = await inspect(path);
    expect(seen).toMatchObject({ verdict: 'held', by, service: { app: '1234', service: 'main' } });
    expect(seen.protocol).toBe(protocol);
  });
});
