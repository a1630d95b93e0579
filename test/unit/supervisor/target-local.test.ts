// balena's local target state: read, written, and read again.

import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { LockError } from '../../../src/index.js';
import { readConfig } from '../../../src/supervisor/config.js';
import { parseLocalTarget, toLocalTarget } from '../../../src/supervisor/target/local.js';
import { scratch } from '../../helpers/scratch.js';

function complaint(body: unknown, driver?: 'process' | 'container'): string {
  try {
    parseLocalTarget(body, driver === undefined ? {} : { driver });
  } catch (error) {
    if (LockError.is(error) && error.code === 'ERR_TARGET') return error.message;
    throw error;
  }
  throw new Error('not refused');
}

const app = (fields: object): object => ({
  local: { name: 'd', config: {}, apps: { 1: { services: {}, ...fields } } },
});
const service = (fields: object): object =>
  app({ services: { 5: { serviceName: 'a', ...fields } } });

// As balena's documentation shows it.
const DOCUMENTED = {
  local: {
    name: 'my-device',
    config: { HOST_CONFIG: 'x', SUPERVISOR_OVERRIDE_LOCK: 'true' },
    apps: {
      1: {
        name: 'localapp',
        commit: 'localcommit',
        releaseId: 1,
        services: {
          1: {
            environment: {},
            labels: {},
            imageId: 1,
            serviceName: 'one',
            serviceId: 1,
            image: 'local_image_one:latest',
            running: true,
            privileged: true,
            networks: { default: {} },
          },
        },
        volumes: {},
        networks: {},
      },
    },
  },
};

it("what balena's documentation shows is read", () => {
  expect(parseLocalTarget(DOCUMENTED, { driver: 'container' })).toEqual({
    name: 'my-device',
    config: { HOST_CONFIG: 'x', SUPERVISOR_OVERRIDE_LOCK: 'true' },
    apps: [
      {
        id: '1',
        name: 'localapp',
        release: 'localcommit',
        update: { then: 'give-up', windows: [], exitedServices: 'held' },
        services: [
          {
            name: 'one',
            serviceId: 1,
            imageId: 1,
            image: 'local_image_one:latest',
            environment: {},
            labels: {},
            volumes: [],
            running: true,
            restart: 'always',
            stopGrace: 10_000,
          },
        ],
      },
    ],
  });
});

it('a target is the same after it was written and read', () => {
  const file = join(scratch(), 'c.yaml');
  writeFileSync(
    file,
    `
name: d
config: { A: "1" }
apps:
  "20":
    name: n
    data-dir: /mnt/data/20
    update: { max-wait: 1h30m, then: force, exited-services: stale, windows: [{ cron: "@daily", for: 90s }, { cron: "0 2 * * 1", for: 1d, timezone: Europe/Berlin }] }
    services:
      z: { command: "a 'b c'", environment: { K: "v w" }, volumes: ["data:/d", "/h:/i:ro"], stop-grace: 1500ms, working-dir: /w, restart: on-failure }
      a: { command: [x], image: i, running: false, service-id: 3, image-id: 4 }
  other: { services: {} }
  "3": { services: { b: { command: [y], labels: { l: m } } } }
`,
  );
  const { target } = readConfig(file);
  const sent: unknown = JSON.parse(JSON.stringify(toLocalTarget(target)));
  expect(parseLocalTarget(sent, { driver: 'process' })).toEqual(target);
  expect(sent).toMatchObject({
    local: {
      apps: { 20: { commit: target.apps[1]?.release, volumes: { data: {} }, networks: {} } },
    },
  });
});

it('the key of a service is its number, unless it has one', () => {
  const read = (fields: object): unknown => parseLocalTarget(service(fields)).apps[0]?.services[0];
  expect(read({})).toMatchObject({ serviceId: 5, imageId: 5 });
  expect(read({ serviceId: 7, imageId: 8 })).toMatchObject({ serviceId: 7, imageId: 8 });
});

it("a body without a name takes the device's", () => {
  expect(parseLocalTarget({ local: { apps: {} } }, { fallbackName: 'dev' })).toEqual({
    name: 'dev',
    config: {},
    apps: [],
  });
});

it.each<[unknown, string]>([
  [undefined, 'target state: expected an object, got nothing'],
  [null, 'target state: expected an object, got nothing'],
  ['x', 'target state: expected an object, got "x"'],
  [[], 'target state: expected an object, got a list'],
  [{}, 'target state: local: expected an object, got nothing'],
  [{ local: { name: 7, apps: {} } }, 'target state: local.name: expected text, got a number (7)'],
  [
    { local: { config: { A: {} }, apps: {} } },
    'target state: local.config.A: expected text, got a mapping',
  ],
  // Left out by mistake, it must not mean that everything is to go.
  [{ local: {} }, 'target state: local.apps: expected an object, got nothing'],
  [{ local: { apps: { 1: {} } } }, 'target state: local.apps.1.services: expected'],
  [{ local: { apps: [] } }, 'target state: local.apps: expected an object, got a list'],
  [
    { local: { apps: { '../x': {} } } },
    'target state: local.apps."../x": expected a name of letters',
  ],
  [
    app({ services: { x: {} } }),
    'target state: local.apps.1.services.x: expected a service id, got "x"',
  ],
  [
    app({ services: { 1: {} } }),
    'target state: local.apps.1.services.1.serviceName: expected a name of letters',
  ],
  [
    app({ services: { 1: { serviceName: 'a/b' } } }),
    'target state: local.apps.1.services.1.serviceName: expected a name',
  ],
  [app({ commit: 'a b' }), 'target state: local.apps.1.commit: expected the name of a release'],
  [app({ update: { max: 1 } }), 'target state: local.apps.1.update.max: unknown field'],
  [
    app({ dataDir: './x' }),
    'target state: local.apps.1.dataDir: expected an absolute path, got "./x"',
  ],
  [
    service({ image: 3 }),
    'target state: local.apps.1.services.5.image: expected text, got a number (3)',
  ],
  [
    service({ environment: { A: null } }),
    'target state: local.apps.1.services.5.environment.A: expected text, got nothing',
  ],
  [
    service({ command: [] }),
    'target state: local.apps.1.services.5.command: expected a list of at least one word',
  ],
  [
    service({ volumes: ['./x:/y'] }),
    'target state: local.apps.1.services.5.volumes.0: expected SOURCE:TARGET',
  ],
  [
    service({ imageId: 1.5 }),
    'target state: local.apps.1.services.5.imageId: expected a whole number',
  ],
  [
    app({ services: { 1: { serviceName: 'a' }, 2: { serviceName: 'a' } } }),
    'target state: local.apps.1.services.2: has the name or number of services.1',
  ],
  [
    app({ services: { 1: { serviceName: 'a' }, 2: { serviceName: 'b', serviceId: 1 } } }),
    'target state: local.apps.1.services.2: has the name or number of services.1',
  ],
])('%j is refused by field', (body, said) => {
  expect(complaint(body)).toContain(said);
  expect(complaint(body).split('\n')).toHaveLength(1);
});

it('what the driver needs has to be there', () => {
  expect(complaint(service({ image: 'i' }), 'process')).toBe(
    'target state: local.apps.1.services.5.command: expected a list of words or a string, got nothing: the process driver needs it',
  );
  expect(complaint(service({ command: 'c' }), 'container')).toContain('services.5.image: expected');
});

it('keys that mean something to JavaScript mean nothing here', () => {
  const body: unknown = JSON.parse(
    '{"local":{"config":{"__proto__":"x","constructor":"y"},"apps":{"__proto__":{},"constructor":{"services":{}}}}}',
  );
  const { config, apps } = parseLocalTarget(body);
  expect(Object.entries(config)).toEqual([['constructor', 'y']]);
  expect(apps.map(({ id }) => id)).toEqual(['constructor']);
  expect(Object.getPrototypeOf(config)).toBe(Object.prototype);
});

it('a body with ten thousand mistakes is answered in twenty lines', () => {
  const services = Object.fromEntries(
    Array.from({ length: 10_000 }, (_, n) => [String(n + 1), {}]),
  );
  expect(complaint(app({ services })).split('\n')).toHaveLength(21);
});
