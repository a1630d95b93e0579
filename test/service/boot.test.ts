// The systemd unit, with the drop-in for processes, on a Debian that has booted: what systemd-analyze says
// of it is one thing, what it lets the daemon do is another.

import { expect, it, vi } from 'vitest';
import { Booted } from '../helpers/booted.js';
import { needContainers } from '../helpers/podman.js';
import { until } from '../helpers/scratch.js';

vi.setConfig({ testTimeout: 120_000 });

needContainers();

const LOCK = '/tmp/balena-supervisor/services/1234/pump/updates.lock';
const CONFIG = ['--config', '/etc/lockbridge/supervisor.yaml'];

const configuration = (release: string): string => `
api: { listen: unix:/run/lockbridge/api.sock }
apps:
  1234:
    release: '${release}'
    services:
      pump: { command: sleep infinity, environment: { RELEASE: '${release}' } }
`;

const PUMPS = `
for process in /proc/[0-9]*; do
  tr '\\0' '\\n' <$process/environ | grep -qx BALENA_SERVICE_NAME=pump && echo "\${process#/proc/}"
done 2>/dev/null
true`;

/** The pid of the service, of which there is one. */
async function pumpOf(machine: Booted): Promise<string> {
  const pids = (await machine.run('sh', '-c', PUMPS)).split('\n');
  expect(pids).toEqual([expect.stringMatching(/^\d+$/)]);
  return pids[0] ?? '';
}

const update = async (machine: Booted, ...args: string[]): Promise<[string, string?]> =>
  machine.tried('lockbridge', 'update', ...args, ...CONFIG);

it('it starts with the machine, respects locks, is back after kill -9, and stops in order', async () => {
  const machine = await Booted.boot();
  machine.configure(configuration('1.0'));
  await machine.run('systemctl', 'enable', '--now', 'lockbridge');
  await until(async () => (await update(machine, '-w', '1'))[0].endsWith('release 1.0 runs'));
  const first = await pumpOf(machine);

  // Its lock directory, in a mount namespace of its own: the unit lets the daemon mount.
  const mounts = await machine.run('cat', `/proc/${first}/mountinfo`);
  expect(mounts).toMatch(/\/balena-supervisor\/services\/1234\/pump \/tmp\/balena /);

  const script = ['sh', '-c', 'echo held; read x'];
  const holder = machine.child('flock', '-o', LOCK, ...script);
  expect(await holder.line()).toBe('held');
  machine.configure(configuration('1.1'));
  const [said, failed] = await update(machine, '-w', '1');
  expect(said).toMatch(/release 1\.1 waits for locks\n {2}pump {2}flock, .*pid \d+ flock -o /);
  expect(failed).toContain('app 1234 is not updated yet: locked by pump');
  await holder.finish();
  expect((await update(machine))[0]).toMatch(/release 1\.1 runs$/);
  const pump = await pumpOf(machine);
  expect(pump).not.toBe(first);

  const main = await machine.property('MainPID');
  await machine.run('systemctl', 'kill', '--kill-who=main', '--signal=KILL', 'lockbridge');
  await until(async () => (await machine.property('NRestarts')) === '1');
  await until(async () => (await update(machine, '-w', '1'))[0].endsWith('release 1.1 runs'));
  expect(await machine.property('MainPID')).not.toBe(main);
  expect(await pumpOf(machine)).toBe(pump); // was found again, not started again

  await machine.run('systemctl', 'stop', 'lockbridge');
  expect(await machine.property('ActiveState')).toBe('inactive');
  expect(await machine.property('Result')).toBe('success');
  const log = await machine.run('journalctl', '--unit', 'lockbridge', '--output', 'cat');
  expect(log).toContain('stops; the services go on running');
  expect(await pumpOf(machine)).toBe(pump);
  expect((await update(machine))[1]).toContain('no supervisor answers');
});
