// The supervisor's page in a real browser: Debian's chromium, driven by playwright-core. Where there is
// none, the tests are skipped with the reason, and fail where LOCKBRIDGE_REQUIRE_PEERS=1.

import { createServer, type AddressInfo } from 'node:net';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, onTestFinished } from 'vitest';
import { requirePeers } from '../../dist/env.js';
import { deviceKey } from './daemon-api.js';
import { Place } from './daemon.js';

let browser: Browser | undefined;
let refused = '';

/** For the top of a test file whose tests need a browser. */
export function needBrowser(): void {
  beforeAll(async () => {
    try {
      // As root in a container, Chromium's own sandbox cannot be made; it sees our page only.
      const args = ['--no-sandbox', '--disable-dev-shm-usage'];
      browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args });
    } catch (error) {
      if (requirePeers()) throw error;
      refused = `no browser here (apt-get install chromium): ${String(error).split('\n')[0] ?? ''}`;
      console.warn(refused);
    }
  });
  afterAll(async () => browser?.close());
  beforeEach(({ skip }) => {
    skip(refused !== '', refused);
  });
}

/** A fresh tab of a fresh profile at that address; what it throws fails the test, but for `expected`. */
export async function tab(
  address: string,
  options: BrowserContextOptions = {},
  expected?: RegExp,
): Promise<Page> {
  if (browser === undefined) throw new Error('no browser');
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const thrown: string[] = [];
  page.on('pageerror', (error) => {
    if (expected?.test(String(error)) !== true) thrown.push(String(error));
  });
  onTestFinished(async () => {
    await context.close();
    if (thrown.length > 0) throw new Error(`the page threw: ${thrown.join('; ')}`);
  });
  await page.goto(address);
  return page;
}

export async function signIn(page: Page, key: string): Promise<void> {
  await page.getByLabel('API key').fill(key);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** A tab on the page of that daemon's, signed in with the device's key, with all of it shown. */
export async function signedIn(place: Place, address: string): Promise<Page> {
  const page = await tab(address);
  await signIn(page, deviceKey(place));
  await page.getByText('live', { exact: true }).waitFor();
  return page;
}

/** A port of 127.0.0.1 that nobody has. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** The card of an app, or the list entry of a lock in it. */
export const card = (page: Page, name: string) => page.getByRole('region', { name });
export const lockOf = (page: Page, app: string, service: string) =>
  card(page, app)
    .locator('.lock')
    .filter({ has: page.getByText(service, { exact: true }) });
