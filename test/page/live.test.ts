// The page follows the supervisor: what happens is seen without asking, over its restart too, and what
// strangers write stays text.

import { writeFileSync } from 'node:fs';
import { expect, it, vi } from 'vitest';
import { Child, flockHolder, flockWaiter } from '../helpers/child.js';
import { BIN } from '../helpers/cli.js';
import { containerHolder, holding } from '../helpers/containers.js';
import { sleeper, started } from '../helpers/daemon-api.js';
import { daemon, type Place, type TestDaemon } from '../helpers/daemon.js';
import { card, freePort, lockOf, needBrowser, signedIn } from '../helpers/page.js';
import { needContainers } from '../helpers/podman.js';

vi.setConfig({ testTimeout: 60_000 });

needBrowser();
needContainers();

const HOSTILE =
  '<img src=x onerror="document.title=`owned`"><script>document.title="owned"</script>';

async function press(): Promise<{ place: Place; supervisor: TestDaemon; address: string }> {
  const listen = `127.0.0.1:${String(await freePort())}`;
  const services = { label: sleeper(), pump: sleeper() };
  const apps = { 7: { name: 'press', release: 'a', services } };
  return { ...(await started(apps, { api: { listen } })), address: `http://${listen}` };
}

it('a flock in a container is shown by event, with its holder, and so is its end', async () => {
  const { place, address } = await press();
  const page = await signedIn(place, address);
  await page.getByText('Nothing is locked').waitFor();
  // No timer of the page runs any more: what appears was told.
  await page.clock.install();
  await page.clock.pauseAt(Date.now() + 60_000);
  const asked: string[] = [];
  page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  const { child } = await containerHolder(place.lockDir('7', 'pump'), holding('flock.sh'));
  const lock = lockOf(page, 'press', 'pump');
  await lock.getByText('locked', { exact: true }).waitFor();
  expect(await lock.textContent()).toMatch(/pid \d+, container lockbridge-/);
  expect(new Set(asked)).toEqual(new Set(['/status', '/locks']));
  await page.clock.resume();
  await child.finish();
  await page.getByText('Nothing is locked').waitFor();
});

it('who waits for a lock is shown, and no longer when it has gone', async () => {
  const { place, address } = await press();
  await flockHolder(place.lock('7', 'pump'));
  const page = await signedIn(place, address);
  await lockOf(page, 'press', 'pump').waitFor();
  const waiter = flockWaiter(place.lock('7', 'pump'));
  const line = page.getByText(`pid ${String(waiter.process.pid)}`, { exact: false });
  await page.getByText('1 process waiting for it').waitFor();
  await line.first().waitFor();
  waiter.process.kill('SIGKILL');
  await page.getByText('1 process waiting for it').waitFor({ state: 'detached' });
});

it('it says so when the supervisor is gone, and goes on by itself when it is back', async () => {
  const { place, supervisor, address } = await press();
  const page = await signedIn(place, address);
  await page.evaluate(() => Object.assign(window, { same: true }));
  await supervisor.kill();
  await page.locator('.note').getByText('The supervisor does not answer').waitFor();
  await flockHolder(place.lock('7', 'label')); // meanwhile
  await daemon(place);
  await page.getByText('live', { exact: true }).waitFor();
  await lockOf(page, 'press', 'label').getByText('locked', { exact: true }).waitFor();
  expect(await page.locator('.note').getByText('The supervisor does not answer').count()).toBe(0);
  expect(await page.evaluate(() => 'same' in window)).toBe(true); // and was never loaded anew
});

it('a reason and a command that are markup stay text, in the list, the journal and the dialog', async () => {
  const { place, address } = await press();
  const script = 'echo held; read x';
  const args = [BIN, 'run', place.lock('7', 'pump'), '--reason', HOSTILE, '--', 'sh', '-c', script];
  const child = new Child(process.execPath, [...args, HOSTILE]);
  expect(await child.line()).toBe('held');
  writeFileSync(place.lock('7', 'label'), `4294967\n${HOSTILE}\n`); // of nobody
  const page = await signedIn(place, address);
  await lockOf(page, 'press', 'pump').locator('.reason').getByText(HOSTILE).waitFor();
  await page.getByRole('button', { name: 'Override locks' }).click();
  await page.getByRole('dialog').locator('.reason').getByText(HOSTILE).waitFor();
  await lockOf(page, 'press', 'label')
    .getByText('Evidence')
    .evaluate((one) => {
      (one as HTMLElement).click();
    });
  expect(await page.locator('img, main script, dialog script').count()).toBe(0);
  expect(await page.title()).toBe('test · lockbridge');
});

it('the last hour is drawn and told: when it was locked, and what was applied', async () => {
  const { place, address } = await press();
  const page = await signedIn(place, address);
  const held = await flockHolder(place.lock('7', 'pump'));
  await page.getByRole('img', { name: /^locked 1 time/ }).waitFor();
  await held.finish();
  await page.getByText('let go').first().waitFor();
  const hour = card(page, 'Last hour');
  expect(await hour.getByRole('img', { name: /release a runs/ }).count()).toBe(1);
  expect(await hour.getByText('release a runs').count()).toBeGreaterThan(0);
  await expect.poll(async () => hour.locator('rect.held').count()).toBe(1);
});
