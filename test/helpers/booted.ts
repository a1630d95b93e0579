// A Debian that has booted: a container with systemd as pid 1, in which this checkout is installed as the
// package would be, with its units. Gone when the test has finished.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { podmanEnvironment } from '../containers/rig/podman.mjs';
import { Child } from './child.js';
import { image, podman } from './podman.js';
import { scratch, until } from './scratch.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
// Where it is no container, systemd makes mounts shared; only then credentials reach a unit.
const INSTALL = `
mount --make-rshared /
ln -s /opt/lockbridge/dist/bin.cjs /usr/bin/lockbridge
cp -r /opt/lockbridge/examples/service/lockbridge*.service* /etc/systemd/system/
systemctl daemon-reload`;

export class Booted {
  /** What is /etc/lockbridge there. */
  readonly etc: string;
  readonly #name: string;

  private constructor(name: string, etc: string) {
    this.#name = name;
    this.etc = etc;
  }

  /** Resolves when systemd says that it runs. The units are there, with the drop-in for processes. */
  static async boot(): Promise<Booted> {
    const dir = scratch();
    const etc = join(dir, 'etc');
    mkdirSync(etc);
    const mounts = [
      `${process.execPath}:/usr/local/bin/node:ro`,
      `${ROOT}:/opt/lockbridge:ro`,
      `${etc}:/etc/lockbridge:ro`,
    ];
    const name = `lockbridge-boot-${String(process.pid)}`;
    onTestFinished(async () => {
      await podman('rm', '--force', '--ignore', '--time', '0', name);
    });
    await podman(
      ...['run', '--detach', '--name', name, '--privileged', '--systemd', 'always'],
      ...['--tmpfs', '/tmp', ...mounts.flatMap((mount) => ['--volume', mount])],
      ...[image(), '/lib/systemd/systemd'],
    );
    const booted = new Booted(name, etc);
    await until(async () => {
      const [state] = await booted.tried('systemctl', 'is-system-running');
      return state === 'running';
    });
    await booted.run('sh', '-ec', INSTALL);
    return booted;
  }

  /** Writes the daemon's configuration, /etc/lockbridge/supervisor.yaml. */
  configure(text: string): void {
    writeFileSync(join(this.etc, 'supervisor.yaml'), text);
  }

  /** Runs a command in it to its end; what it printed. Fails where that fails. */
  async run(...command: string[]): Promise<string> {
    return podman('exec', this.#name, ...command);
  }

  /** What a command printed on stdout, and on stderr where it fails. */
  async tried(...command: string[]): Promise<[said: string, failed?: string]> {
    try {
      return [await this.run(...command)];
    } catch (error) {
      const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
      return [stdout.trim(), stderr.trim()];
    }
  }

  /** A program in it that one speaks to. */
  child(...command: string[]): Child {
    const args = ['exec', '--interactive', this.#name, ...command];
    return new Child('podman', args, { env: podmanEnvironment() });
  }

  /** A property of a unit, as `systemctl show` has it. */
  async property(name: string, unit: string = 'lockbridge'): Promise<string> {
    return this.run('systemctl', 'show', '--value', '--property', name, unit);
  }
}
