// What the table of peers promises to whoever installs them.

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { peers } from '../../src/peers/index.js';
import { howToInstall } from '../../src/peers/install.js';
import { npmDir } from '../../src/peers/node.js';
import { commandVersion, packagedVersion } from '../../src/peers/version.js';

describe('peers', () => {
  it('have an id of their own', () => {
    const ids = peers.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('name an exact version of what pip and npm bring', () => {
    for (const { id, install } of peers) {
      for (const name of install?.pip ?? []) expect(name, id).toMatch(/^[\w.-]+==\d[\w.]*$/);
      for (const name of install?.npm ?? []) expect(name, id).toMatch(/^[\w-]+@\d+\.\d+\.\d+$/);
    }
  });

  it('bring what they are compiled from, and the compiler', () => {
    for (const { id, install } of peers)
      for (const name of install?.addons ?? []) {
        const npm = install?.npm?.map((spec) => spec.split('@')[0]);
        expect(npm, id).toEqual(expect.arrayContaining([name, 'node-gyp']));
      }
  });
});

describe('a program that is not here', () => {
  const missing = 'no-such-program-of-anybody';

  it('is told from one that fails', async () => {
    expect(await commandVersion([missing, '--version'])).toEqual({
      available: false,
      reason: `no \`${missing}\` in PATH`,
    });
    expect((await packagedVersion([missing], 'bash')).available).toBe(false);
    expect((await commandVersion(['false'])).available).toBe(true);
  });
});

describe('how to install', () => {
  it('is nothing for what is part of lockbridge', () => {
    expect(howToInstall()).toBe('');
  });

  it('never lets npm run a script of a package: an addon is compiled by node-gyp', () => {
    const lines = howToInstall({ npm: ['a@1.0.0', 'node-gyp@12.4.0'], addons: ['a'] });
    const dir = npmDir();
    expect(lines.split(' && ')).toEqual([
      `npm install --prefix ${dir} --ignore-scripts a@1.0.0 node-gyp@12.4.0`,
      `npm exec --prefix ${dir} -- node-gyp rebuild -C ${join(dir, 'node_modules', 'a')}`,
    ]);
  });
});
