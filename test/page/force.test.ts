// Overriding somebody's lock takes reading whose it is and what for, and agreeing to exactly that.

import type { Page } from 'playwright-core';
import { expect, it, vi } from 'vitest';
import { Child, flockHolder } from '../helpers/child.js';
import { BIN } from '../helpers/cli.js';
import { appKey, askJson, deviceKey, sleeper, started } from '../helpers/daemon-api.js';
import type { Place, TestDaemon } from '../helpers/daemon.js';
import { freePort, lockOf, needBrowser, signedIn, signIn, tab } from '../helpers/page.js';
import { until } from '../helpers/scratch.js';

vi.setConfig({ testTimeout: 60_000 });

needBrowser();

const REASON = 'filling a batch';

const release = (name: string): Record<string, unknown> => ({
  7: {
    name: 'press',
    release: name,
    services: { label: sleeper(), pump: sleeper({ environment: { R: name } }) },
  },
});

interface Scene {
  place: Place;
  supervisor: TestDaemon;
  address: string;
  /** Who holds the lock of `pump` for {@link REASON}. */
  holder: Child;
}

/** Release `a` runs, `b` waits for the lock of `pump`. */
async function waiting(): Promise<Scene> {
  const listen = `127.0.0.1:${String(await freePort())}`;
  const { place, supervisor } = await started(release('a'), { api: { listen } });
  const path = place.lock('7', 'pump');
  const command = ['sh', '-c', 'echo held; read x'];
  const args = [BIN, 'run', path, '--reason', REASON, '--', ...command];
  const holder = new Child(process.execPath, args);
  expect(await holder.line()).toBe('held');
  place.configure(release('b'));
  await supervisor.entry('wait');
  return { place, supervisor, address: `http://${listen}`, holder };
}

const dialog = (page: Page) => page.getByRole('dialog');

it('a forced update names holder and reason, does nothing when cancelled, and all when confirmed', async () => {
  const { place, supervisor, address } = await waiting();
  const page = await signedIn(place, address);
  await page.getByRole('button', { name: 'Force…' }).click();
  await dialog(page).getByText(REASON, { exact: true }).waitFor();
  const text = await dialog(page).textContent();
  expect(text).toContain('press/pump');
  expect(text).toMatch(/lockbridge run .* · pid \d+/);
  await page.getByRole('button', { name: 'Cancel' }).click();
  await dialog(page).waitFor({ state: 'hidden' });
  expect(supervisor.entries.filter(({ kind }) => kind === 'override')).toEqual([]);
  await page.getByRole('button', { name: 'Force…' }).click();
  await page.getByRole('button', { name: 'Override 1 lock and update' }).click();
  await supervisor.entry('applied', 'release b runs');
  expect(await supervisor.entry('override')).toMatchObject({
    service: 'pump',
    text: expect.stringContaining('lockbridge run') as string,
  });
  await page.locator('.badge').getByText('up to date').waitFor();
});

it('it takes no mouse: from the key to the forced update by the keyboard alone', async () => {
  const { place, supervisor, address } = await waiting();
  const page = await tab(address);
  await page.keyboard.type(deviceKey(place));
  await page.keyboard.press('Enter');
  await page.getByText('live', { exact: true }).waitFor();
  await tabTo(page, 'Force…');
  await page.keyboard.press('Enter');
  await dialog(page).waitFor();
  expect(await focused(page)).toBe('Cancel'); // what does no harm
  await page.keyboard.press('Escape');
  await dialog(page).waitFor({ state: 'hidden' });
  expect(await focused(page)).toBe('Force…'); // back to where one was
  await page.keyboard.press('Enter');
  await dialog(page).waitFor();
  await tabTo(page, 'Override 1 lock and update');
  await page.keyboard.press('Enter');
  await supervisor.entry('applied', 'release b runs');
});

it('another holder than the one that was shown is not overridden, but shown', async () => {
  const { place, supervisor, address, holder } = await waiting();
  const page = await signedIn(place, address);
  const other = await flockHolder(place.lock('7', 'label'));
  await lockOf(page, 'press', 'label').waitFor();
  await page.getByRole('button', { name: 'Force…' }).click();
  await dialog(page).getByText(REASON, { exact: true }).waitFor();
  await holder.finish();
  const last = await flockHolder(place.lock('7', 'pump'));
  await page.getByRole('button', { name: 'Override 2 locks and update' }).click();
  await dialog(page).getByText('The holders have changed meanwhile').waitFor();
  await dialog(page)
    .getByText(`pid ${String(last.process.pid)}`)
    .waitFor();
  expect(supervisor.entries.filter(({ kind }) => kind === 'override')).toEqual([]);
  await page.getByRole('button', { name: 'Override 2 locks and update' }).click();
  await supervisor.entry('applied', 'release b runs');
  expect([other.process.exitCode, last.process.exitCode]).toEqual([null, null]); // theirs to end
});

it('locks are overridden and respected again with the key of the device', async () => {
  const { place, supervisor, address } = await waiting();
  const page = await signedIn(place, address);
  await page.getByRole('button', { name: 'Override locks…' }).click();
  await dialog(page).getByText(REASON, { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Override 1 lock' }).click();
  await supervisor.entry('override-on');
  await page.getByText('Locks are overridden: updates stop').waitFor();
  await page.getByRole('button', { name: 'Respect locks again' }).click();
  await until(
    async () => !(await askJson<{ on: boolean }>(place, 'GET /override', { address })).on,
  );
  await page.getByRole('button', { name: 'Override locks…' }).waitFor();
});

it("an app's key shows that app, and is told that it does not open the override", async () => {
  const { place, address } = await waiting();
  const page = await tab(address);
  await signIn(page, appKey(place, '7'));
  await lockOf(page, 'press', 'pump').waitFor();
  await page.getByRole('button', { name: 'Override locks…' }).click();
  await page.getByRole('button', { name: 'Override 1 lock' }).click();
  await page.locator('.note').getByText('it takes the key of the device').waitFor();
  expect(await askJson(place, 'GET /override', { address })).toMatchObject({ on: false });
});

it('an update that is asked for is told of, and waits as before', async () => {
  const { place, supervisor, address, holder } = await waiting();
  const page = await signedIn(place, address);
  await page.getByRole('button', { name: 'Update now' }).click();
  await page.locator('.note').getByText('An update was asked for').waitFor();
  await holder.finish();
  await supervisor.entry('applied', 'release b runs');
  await page.locator('.badge').getByText('up to date').waitFor();
});

async function focused(page: Page): Promise<string> {
  return page.evaluate(() => document.activeElement?.textContent ?? '');
}

/** Presses Tab until that is focused, which must show that it is. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let steps = 0; (await focused(page)) !== name; steps++) {
    if (steps > 30) expect.unreachable(`no Tab leads to ${name}`);
    await page.keyboard.press('Tab');
  }
  const outline = await page.evaluate(
    () => getComputedStyle(document.activeElement ?? document.body).outlineStyle,
  );
  expect(outline).toBe('solid');
}
