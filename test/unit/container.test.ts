// Which container or unit a cgroup path names, as the engines write them.

import { expect, it } from 'vitest';
import { parseCgroup } from '../../src/inspect/container.js';

const ID = 'c0ffee'.padEnd(64, '0');

it.each([
  ['docker, cgroupfs', `0::/docker/${ID}`, 'docker'],
  ['docker, systemd', `0::/system.slice/docker-${ID}.scope`, 'docker'],
  ['docker in docker', `0::/docker/${'1'.repeat(64)}/docker/${ID}`, 'docker'],
  ['podman, cgroup v1', `9:name=systemd:/libpod_parent/libpod-${ID}\n8:pids:/`, 'podman'],
  ['podman, systemd', `0::/machine.slice/libpod-${ID}.scope/container`, 'podman'],
  ['kubernetes', `0::/kubepods/burstable/pod12-34/${ID}`, 'containerd'],
  ['containerd by systemd', `0::/kubepods.slice/cri-containerd-${ID}.scope`, 'containerd'],
  ['CRI-O', `0::/kubepods.slice/kubepods-pod1.slice/crio-${ID}.scope`, 'crio'],
  ['balenaEngine', `0::/system.slice/balena-${ID}.scope`, 'balena-engine'],
])('%s', (_name, text, engine) => {
  expect(parseCgroup(text)).toEqual({ container: { engine, id: ID } });
});

it('a container of LXC or nspawn has its name for an id', () => {
  expect(parseCgroup('0::/lxc.payload.web/init.scope').container).toEqual({
    engine: 'lxc',
    id: 'web',
    name: 'web',
  });
  expect(parseCgroup('0::/machine.slice/machine-my\\x2dbox.scope').container?.name).toBe('my-box');
});

it.each([
  ['a monitor of a container', `0::/machine.slice/libpod-conmon-${ID}.scope`],
  ['the root', '0::/'],
  ['a session', '0::/user.slice/user-0.slice/session-3.scope'],
  ['too short an id', `0::/docker/${ID.slice(1)}`],
  ['nothing', ''],
])('%s is in no container', (_name, text) => {
  expect(parseCgroup(text)).toEqual({});
});

it('a process of a unit is in that unit', () => {
  expect(parseCgroup('1:cpu:/\n0::/system.slice/system-getty.slice/getty@tty1.service')).toEqual({
    unit: 'getty@tty1.service',
  });
});
