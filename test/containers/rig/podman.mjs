// A Podman of our own: its storage, state and configuration lie in the peers' cache, so that nothing
// of the machine's own Podman is seen, changed or needed. Rootful only: rootless needs more than
// Debian's podman brings by itself.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { childEnvironment, peersDir } from '../../../dist/env.js';

export const STORE = join(peersDir(), 'containers');

// - runc: what the tests are specified for. cgroupfs, no events, no logs: no systemd is needed.
// - default_ulimits: where the machine may not raise limits, runc could not set Podman's own.
// - lock_type: the default is one table in /dev/shm for every storage of the machine.
// - No network: a holder needs none. What is made over the API has the engine's bridge all the same;
//   its plugins (containernetworking-plugins, iptables) come with Debian's podman.
const CONTAINERS = `[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
log_driver = "none"
netns = "none"
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "none"
lock_type = "file"
tmp_dir = "${STORE}/state"
`;

// skip_mount_home: else a Podman that was killed leaves a mount, and the cache cannot be deleted.
const STORAGE = `[storage]
driver = "overlay"
graphroot = "${STORE}/images"
runroot = "${STORE}/run"
[storage.options.overlay]
skip_mount_home = "true"
`;

/** The environment in which `podman` is ours. */
export function podmanEnvironment() {
  mkdirSync(STORE, { recursive: true });
  const containers = join(STORE, 'containers.conf');
  const storage = join(STORE, 'storage.conf');
  writeFileSync(containers, CONTAINERS);
  writeFileSync(storage, STORAGE);
  const ours = { CONTAINERS_CONF: containers, CONTAINERS_STORAGE_CONF: storage };
  const env = childEnvironment(ours);
  delete env.CONTAINER_HOST; // else podman is but a client of whoever listens there
  return env;
}
