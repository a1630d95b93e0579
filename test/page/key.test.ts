// The page without a key says nothing of the device; with one it keeps it as short as it can.

import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { TestApi } from '../helpers/api.js';
import { DEVICE_KEY } from '../helpers/memory-supervisor.js';
import { needBrowser, signIn, tab } from '../helpers/page.js';
import { scratch } from '../helpers/scratch.js';

needBrowser();

const FILES = ['/', '/page/page.css', '/page/page.js', '/page/icon.svg'];

describe('its files', () => {
  it('need no key, and are the same whatever the device does', async () => {
    const api = await TestApi.start();
    for (const path of FILES) {
      const answer = await api.ask(`GET ${path}`, { key: undefined });
      expect([path, answer.status]).toEqual([path, 200]);
      expect(answer.text).not.toMatch(/app-1|device-key/);
    }
  });

  it('come through a unix socket as well, under whatever name a tunnel gives it', async () => {
    const api = await TestApi.start({ listen: { path: join(scratch(), 'api.sock') } });
    const headers = { host: 'localhost:48484' };
    for (const path of FILES)
      expect((await api.ask(`GET ${path}`, { key: undefined, headers })).status).toBe(200);
  });

  it('allow nothing that is not from the supervisor, and no markup made of text', async () => {
    const api = await TestApi.start();
    for (const path of FILES) {
      const { headers } = await api.ask(`GET ${path}`, { key: undefined });
      const policy = String(headers['content-security-policy']).split('; ');
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).toContain("require-trusted-types-for 'script'");
      expect(policy.join()).not.toMatch(/unsafe|\*|https?:|data:/);
      expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff' });
    }
  });

  it('have no script or style in their markup, which that policy would refuse', async () => {
    const { text } = await (await TestApi.start()).ask('GET /', { key: undefined });
    expect(text).not.toMatch(/<style|\sstyle=|\son\w+=|<script(?![^>]*src=)/);
  });

  it('are refused under a name that a stranger can point at this machine', async () => {
    const api = await TestApi.start();
    const headers = { host: 'evil.example' };
    expect((await api.ask('GET /', { key: undefined, headers })).status).toBe(421);
  });
});

describe('a key', () => {
  it('that is wrong is refused in words, and not kept', async () => {
    const { api } = await TestApi.start();
    const page = await tab(api.address);
    await signIn(page, 'not-the-key');
    await page.getByRole('alert').getByText('The supervisor refused this key').waitFor();
    expect(await kept(page)).toEqual([]);
    await signIn(page, 'two words');
    await page.getByRole('alert').getByText('This is no key').waitFor();
    await signIn(page, DEVICE_KEY);
    await page.getByText('live', { exact: true }).waitFor();
  });

  it('is kept by this tab only, and in no URL', async () => {
    const { api } = await TestApi.start();
    const page = await tab(api.address);
    const urls: string[] = [];
    page.on('request', (request) => urls.push(request.url()));
    await signIn(page, DEVICE_KEY);
    await page.getByText('live', { exact: true }).waitFor();
    expect(await kept(page)).toEqual(['session']);
    await page.reload();
    await page.getByText('live', { exact: true }).waitFor(); // without being asked for it
    const other = await page.context().newPage();
    await other.goto(api.address);
    await other.getByRole('heading', { name: 'Sign in' }).waitFor();
    expect(urls.filter((url) => !url.startsWith(`${api.address}/`))).toEqual([]);
    expect(urls.filter((url) => url.includes(DEVICE_KEY))).toEqual([]);
  });

  it('is forgotten when one signs out, with all that it showed', async () => {
    const { api } = await TestApi.start();
    const page = await tab(api.address);
    await signIn(page, DEVICE_KEY);
    await page.getByRole('heading', { name: 'app-1' }).waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    expect(await kept(page)).toEqual([]);
    expect(await page.content()).not.toContain('app-1');
  });
});

/** Where the browser has the key, or anything else. */
async function kept(page: Page): Promise<string[]> {
  return page.evaluate(() => [
    ...Object.keys(sessionStorage).map(() => 'session'),
    ...Object.keys(localStorage).map(() => 'local'),
    ...document.cookie.split(';').flatMap((cookie) => (cookie === '' ? [] : ['cookie'])),
  ]);
}
