// The configuration file: what it means, and that every mistake is told with its place.

import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LockError } from '../../../src/index.js';
import { readConfig, type Config } from '../../../src/supervisor/config.js';
import { scratch } from '../../helpers/scratch.js';

function written(text: string): string {
  const file = join(scratch(), 'lockbridge.yaml');
  writeFileSync(file, text);
  return file;
}

const read = (text: string): Config => readConfig(written(text));

function refusal(file: string): LockError {
  try {
    readConfig(file);
  } catch (error) {
    if (LockError.is(error)) return error;
    throw error;
  }
  throw new Error('not refused');
}

/** What is said of a text, one line each, without the file's name. */
function complaints(text: string): string[] {
  const file = written(text);
  const { code, message } = refusal(file);
  expect(code).toBe('ERR_TARGET');
  return message.split('\n').map((line) => {
    expect(line.startsWith(`${file}:`)).toBe(true);
    return line.slice(file.length + 1);
  });
}

const SERVICE = (fields: string): string =>
  `apps:\n  "1":\n    services:\n      pump: { command: [x], ${fields} }\n`;
const service = (fields: string): Config['target']['apps'][number]['services'][number] => {
  const found = read(SERVICE(fields)).target.apps[0]?.services[0];
  if (found === undefined) throw new Error('no service');
  return found;
};

const FULL = `
name: press-7
root: /r
state: /s
driver: container
socket: /run/podman/podman.sock
api:
  listen: unix:/run/lockbridge.sock
  key-file: /etc/lockbridge.key
commands:
  reboot: [systemctl, reboot]
  hostname: [hostnamectl, set-hostname]
config:
  SUPERVISOR_OVERRIDE_LOCK: true
apps:
  1:
    name: demo
    release: a1b2c3
    data-dir: ./data
    update:
      max-wait: 2h
      then: force
      exited-services: stale
      windows:
        - { cron: "0 2 * * *", for: 3h, timezone: Europe/Berlin }
    services:
      pump:
        image: docker.io/library/alpine:3
        command: python3 'pu mp.py' $HOME
        environment: { MODE: fast, VERSION: 1.10, PIN: 0123, ON: yes, FLAG: true }
        labels: [a=b=c]
        volumes: ["data:/data", "./x:/x:rw", "/host:/inside:ro"]
        working-dir: /srv
        restart: no
        stop-grace: 1m30s
        running: false
        service-id: 7
        image-id: 8
`;

describe('a file that is complete', () => {
  it('is read whole', () => {
    const file = written(FULL);
    const config = readConfig(file);
    expect(config).toMatchObject({
      file,
      root: '/r',
      state: '/s',
      driver: 'container',
      socket: '/run/podman/podman.sock',
      listen: { path: '/run/lockbridge.sock' },
      keyFile: '/etc/lockbridge.key',
      commands: { reboot: ['systemctl', 'reboot'], hostname: ['hostnamectl', 'set-hostname'] },
    });
    expect(config.target).toEqual({
      name: 'press-7',
      config: { SUPERVISOR_OVERRIDE_LOCK: 'true' },
      apps: [
        {
          id: '1',
          name: 'demo',
          release: 'a1b2c3',
          update: {
            maxWait: 7_200_000,
            then: 'force',
            exitedServices: 'stale',
            windows: [{ cron: '0 2 * * *', length: 10_800_000, timezone: 'Europe/Berlin' }],
            dataDir: join(file, '../data'),
          },
          services: [
            {
              name: 'pump',
              serviceId: 7,
              imageId: 8,
              image: 'docker.io/library/alpine:3',
              command: ['python3', 'pu mp.py', '$HOME'],
              environment: { MODE: 'fast', VERSION: '1.10', PIN: '0123', ON: 'yes', FLAG: 'true' },
              labels: { a: 'b=c' },
              volumes: [
                { source: 'data', target: '/data', readOnly: false },
                { source: join(file, '../x'), target: '/x', readOnly: false },
                { source: '/host', target: '/inside', readOnly: true },
              ],
              workingDir: '/srv',
              restart: 'no',
              stopGrace: 90_000,
              running: false,
            },
          ],
        },
      ],
    });
  });

  it('may leave out nearly everything', () => {
    const config = read('apps: { "1": { services: { pump: { command: sleep 9 } } } }');
    expect(config).toMatchObject({
      root: '/',
      state: '/var/lib/lockbridge',
      driver: 'process',
      listen: { host: '127.0.0.1', port: 48_484 },
      keyFile: '/var/lib/lockbridge/api.key',
      commands: {},
    });
    expect(config.target.name).toBe(hostname());
    expect(config.target.apps[0]).toMatchObject({
      name: '1',
      release: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
      update: { then: 'give-up', windows: [], exitedServices: 'held' },
      services: [{ running: true, restart: 'always', stopGrace: 10_000 }],
    });
  });

  it("accepts compose's spelling of two fields", () => {
    expect(service('stop_grace_period: 3, working_dir: /w')).toMatchObject({
      stopGrace: 3000,
      workingDir: '/w',
    });
  });

  it('has a digest of what is to run, whatever else is in it', () => {
    const { digest } = read(`name: x\n${SERVICE('restart: always')}`);
    expect(read(`# a comment\nname: x\nstate: /s\n${SERVICE('')}`).digest).toBe(digest);
    expect(read(`name: x\n${SERVICE('running: false')}`).digest).not.toBe(digest);
  });

  it('gives a service numbers that stay when another one comes', () => {
    const one = service('');
    const apps = read(`${SERVICE('')}      a: { command: [x] }\n`).target.apps;
    expect(apps[0]?.services.map(({ name }) => name)).toEqual(['a', 'pump']);
    expect(apps[0]?.services[1]?.serviceId).toBe(one.serviceId);
    expect(one.imageId).toBe(one.serviceId);
    expect(apps[0]?.services[0]?.serviceId).not.toBe(one.serviceId);
  });

  it('may use anchors', () => {
    const text =
      'apps: { "1": { services: { a: &a { command: [x], environment: { K: v } }, b: *a } } }';
    expect(read(text).target.apps[0]?.services[1]).toMatchObject({ name: 'b', command: ['x'] });
  });

  it('may be a link, as ConfigMaps are', () => {
    const file = written(SERVICE(''));
    const link = join(scratch(), 'link.yaml');
    symlinkSync(file, link);
    expect(readConfig(link).target.apps).toHaveLength(1);
  });

  it.each([
    ['127.9.9.9:65535', { host: '127.9.9.9', port: 65_535 }],
    ['"[::1]:80"', { host: '::1', port: 80 }],
    ['localhost:80', { host: '127.0.0.1', port: 80 }],
    ['unix:/a/b.sock', { path: '/a/b.sock' }],
  ])('may listen at %s', (listen, expected) => {
    expect(read(`api: { listen: ${listen} }`).listen).toEqual(expected);
  });
});

describe('a mistake is told with its place', () => {
  const SAID: [string, string][] = [
    ['[]', '1:1: expected a mapping, got a list'],
    ['', '1:1: expected a mapping, got nothing'],
    ['name: [1]', '1:1: name: expected text, got a list'],
    ['naem: x', '1:1: naem: unknown field; did you mean "name"?'],
    ['driver: docker', '1:1: driver: expected one of "process", "container", got "docker"'],
    ['root: srv', '1:1: root: expected an absolute path, or one that begins with "./", got "srv"'],
    ['socket: /x', '1:1: socket: is for "driver: container" only'],
    [
      'commands: { reboot: reboot }',
      '1:13: commands.reboot: expected a list of words, got "reboot"',
    ],
    [
      'commands: { reboot: [] }',
      '1:13: commands.reboot: expected a list of at least one word, got a list',
    ],
    ['config: { A: { } }', '1:11: config.A: expected text, got a mapping'],
    [
      'apps: { ../x: { services: {} } }',
      '1:9: apps."../x": expected a name of letters, digits, "_", "-" and "." that does not begin with a dot, of at most 200 characters, got "../x"',
    ],
    ['apps: { "1": {} }', '1:9: apps.1.services: expected a mapping of services, got nothing'],
    [
      'apps: { "1": { services: { a: } } }',
      '1:28: apps.1.services.a: expected a mapping, got nothing',
    ],
    [
      'apps: { "1": { services: { a: {} } } }',
      '1:28: apps.1.services.a.command: expected a list of words or a string, got nothing: the process driver needs it',
    ],
    [
      'driver: container\napps: { "1": { services: { a: {} } } }',
      '2:28: apps.1.services.a.image: expected the name of an image, got nothing: the container driver needs it',
    ],
    ['a: 1\na: 2', '2:1: a: is there twice'],
    ['apps: { 1: { services: {} }, "1": { services: {} } }', '1:30: apps.1: is there twice'],
    ['? [a]\n: 1', '1:3: expected a name before the colon'],
    ['__proto__: { root: /x }', '1:1: __proto__: is no usable name'],
    [
      '<<: { name: x }',
      '1:1: "<<": unknown field; known: name, root, state, driver, socket, api, commands, config, fleet, apps',
    ],
    ['name: !!binary aGk=', '1:7: Unresolved tag: tag:yaml.org,2002:binary'],
    [
      'name: a\n---\nname: b',
      '2:1: Source contains multiple documents; please use YAML.parseAllDocuments()',
    ],
    ['name: *nobody', '1:7: name: no anchor "nobody" before this'],
  ];
  it.each(SAID)('%j', (text, said) => {
    expect(complaints(text)).toEqual([said]);
  });

  it.each([
    ['command: 7', 'command: expected a list of words or a string, got a number (7)'],
    ['command: [a, [b]]', 'command.1: expected text, got a list'],
    [
      'command: "a \'b"',
      'command: expected a list of words, or a string of words with its quotes closed, got "a \'b"',
    ],
    [
      'command: "  "',
      'command: expected a list of words, or a string of words with its quotes closed, got "  "',
    ],
    ['command: ["a\\0b"]', 'command.0: expected text without NUL, got "a?b"'],
    [
      'environment: 3',
      'environment: expected a mapping, or a list of NAME=VALUE, got a number (3)',
    ],
    ['environment: { A: }', 'environment.A: expected text, got nothing'],
    ['environment: { A=B: c }', 'environment."A=B": expected a name without "=", got "A=B"'],
    ['environment: [A]', 'environment.0: expected NAME=VALUE, got "A"'],
    ['environment: [=A]', 'environment.0: expected NAME=VALUE, got "=A"'],
    [
      'volumes: [a]',
      'volumes.0: expected SOURCE:TARGET or SOURCE:TARGET:ro, the source a path or the name of a volume, got "a"',
    ],
    ['volumes: {}', 'volumes: expected a list, got a mapping'],
    [
      'restart: never',
      'restart: expected one of "always", "on-failure", "no", "unless-stopped", got "never"',
    ],
    ['running: 1', 'running: expected true or false, got a number (1)'],
    [
      'stop-grace: soon',
      'stop-grace: expected a duration such as 500ms, 30s, 15m, 2h, 1d or 1h30m, got "soon"',
    ],
    [
      'stop-grace: -1',
      'stop-grace: expected a duration such as 500ms, 30s, 15m, 2h, 1d or 1h30m, got a number (-1)',
    ],
    [
      'stop-grace: 1, stop_grace_period: 1',
      'stop_grace_period: is "stop-grace" too; leave one of them out',
    ],
    ['service-id: 0', 'service-id: expected a whole number from 1, got a number (0)'],
    ['enviroment: {}', 'enviroment: unknown field; did you mean "environment"?'],
    [
      'working_dir: srv',
      'working_dir: expected an absolute path, or one that begins with "./", got "srv"',
    ],
  ])('in a service: %s', (fields, said) => {
    const [line, ...more] = complaints(
      `apps: { "1": { services: { pump: { command: [x],\n ${fields} } } } }`.replace(
        /command: \[x\],\n command/,
        '\n command',
      ),
    );
    expect(more).toEqual([]);
    expect(line).toMatch(/^2:\d+: /);
    expect(line?.replace(/^2:\d+: /, '')).toBe(`apps.1.services.pump.${said}`);
  });

  it.each([
    [
      'then: force',
      'then: "force" needs a "max-wait": say how long services are waited for before',
    ],
    [
      'windows: [{ cron: "0 2 * *", for: 1h }]',
      'windows.0.cron: expected a cron pattern of five fields: ',
    ],
    [
      'windows: [{ cron: "0 0 30 2 *", for: 1h }]',
      'windows.0.cron: expected a pattern that some day matches',
    ],
    [
      'windows: [{ cron: "@daily", for: 0 }]',
      'windows.0.for: expected a duration of more than nothing',
    ],
    [
      'windows: [{ cron: "@daily", for: 1h, timezone: Mars/X }]',
      'windows.0.timezone: expected an IANA time zone',
    ],
    ['windows: [{ cron: "@daily" }]', 'windows.0.for: expected a duration such as'],
    ['max-wiat: 3', 'max-wiat: unknown field; did you mean "max-wait"?'],
  ])('in a policy: %s', (fields, said) => {
    const lines = complaints(`apps: { "1": { services: {}, update: { ${fields} } } }`);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(`: apps.1.update.${said}`);
  });

  it.each([
    '0.0.0.0:80',
    '192.168.1.1:80',
    '127.0.0.1',
    '127.0.0.1:65536',
    '127.0.0.1:0',
    'example.org:80',
    ':80',
    'unix:rel',
    '"unix:"',
    '"[::]:80"',
    '127.1:80',
    '127.0.0.1.evil:80',
  ])('listening at %s is refused', (listen) => {
    const [line] = complaints(`api: { listen: ${listen} }`);
    expect(line).toContain('api.listen: expected a loopback address');
  });

  it('and all of them at once, in the order of the file', () => {
    const lines = complaints(
      'name: []\ndrivr: x\napps:\n  "1":\n    services:\n      a: { command: 1 }\n      b: { image: 2 }\n',
    );
    expect(lines.map((line) => line.split(': ').slice(0, 2).join(' '))).toEqual([
      '1:1 name',
      '2:1 drivr',
      '6:12 apps.1.services.a.command',
      '7:12 apps.1.services.b.image',
    ]);
  });

  it('two services with one number are refused', () => {
    const text =
      'apps: { "1": { services: { a: { command: x, service-id: 3 }, b: { command: x, service-id: 3 } } } }';
    expect(complaints(text)).toEqual([
      expect.stringContaining('apps.1.services.b.service-id: "a" has that number too'),
    ]);
  });

  it('control characters do not reach the terminal', () => {
    const [line] = complaints('"\\e[2Jx": 1');
    expect(line).not.toContain('\u001b');
  });

  it('at most fifty lines are said', () => {
    const lines = complaints(Array.from({ length: 200 }, (_, n) => `f${String(n)}: 1`).join('\n'));
    expect(lines).toHaveLength(51);
    expect(lines.at(-1)).toBe(' and 150 more');
  });
});

describe('hostile files are refused in bounded time and memory', () => {
  it('a YAML directive does not bring the old rules back', () => {
    expect(read('%YAML 1.1\n---\nname: no').target.name).toBe('no');
  });

  it.each([
    [
      'aliases that multiply',
      'a: &a [x,x,x,x,x,x,x,x,x]\n' +
        [...'bcdefghij']
          .map(
            (c, i) =>
              `${c}: &${c} [${Array<string>(9)
                .fill(`*${'abcdefghi'[i] ?? ''}`)
                .join()}]\n`,
          )
          .join(''),
      /more than 100000 values/,
    ],
    ['an alias of itself', 'a: &a [*a]', /more than 64 levels/],
    ['brackets without end', '['.repeat(500_000), /nested too deeply|levels|Flow sequence/],
    ['100 levels', `name: ${'['.repeat(100)}${']'.repeat(100)}`, /more than 64 levels/],
    [
      'keys by the ten thousand',
      Array.from({ length: 90_000 }, (_, n) => `k${String(n)}: 1`).join('\n'),
      /unknown field/,
    ],
    ['NULs', '\0\0\0', /./],
    ['what is no text', '\ufffd\ufffe: \u0000', /./],
  ])('%s', (_, text, said) => {
    expect(complaints(text).join('\n')).toMatch(said);
  });

  it('a file of more than a mebibyte', () => {
    const file = written('name: x\n');
    truncateSync(file, 2 ** 20 + 1);
    expect(refusal(file).message).toBe(`cannot read '${file}': it is longer than 1048576 bytes`);
  });

  it('what is no file at all', () => {
    const dir = scratch();
    mkdirSync(join(dir, 'dir'));
    execFileSync('mkfifo', [join(dir, 'fifo')]);
    for (const name of ['dir', 'fifo'])
      expect(refusal(join(dir, name)).message).toContain('it is not a regular file');
    expect(refusal(join(dir, 'none'))).toMatchObject({
      code: 'ERR_TARGET',
      message: `cannot read '${join(dir, 'none')}': there is no such file; name the configuration with --config`,
    });
  });
});
