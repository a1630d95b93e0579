// What the page looks like to who uses a phone, a screen reader, high zoom or a dark room, with more and
// longer of everything than one would like: nothing is cut off, and axe finds no violation.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { expect, it, vi } from 'vitest';
import type { AppStatus, UpdateStatus } from '../../src/supervisor/types.js';
import { TestApi } from '../helpers/api.js';
import { blocker, DEVICE_KEY, fleetStatus, SINCE } from '../helpers/memory-supervisor.js';
import { needBrowser, signIn, tab } from '../helpers/page.js';

vi.setConfig({ testTimeout: 60_000 });

needBrowser();

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const LONG = 'north-side-camera-with-a-name-that-nobody-thought-about-'.repeat(3).slice(0, 150);
const SCHEMES = ['light', 'dark'] as const;

const STATES: readonly UpdateStatus[] = [
  { state: 'idle', since: SINCE },
  { state: 'fetching', since: SINCE, release: '2' },
  { state: 'window', since: SINCE, release: '2', opens: '2027-01-01T03:00:00.000Z' },
  { state: 'waiting', since: SINCE, release: LONG, deadline: SINCE, then: 'force' },
  { state: 'applying', since: SINCE, release: '2' },
  { state: 'failed', since: SINCE, release: '2', error: `no such program: /${'x'.repeat(200)}` },
  { state: 'gave-up', since: SINCE, release: '2', blockers: [] },
  { state: 'fleet', since: SINCE, release: '2', fleet: `taken by ${LONG}` },
];

/** A device with an app in each state, locks of each kind, fifty services, and names without end. */
async function crowded(): Promise<TestApi> {
  const api = await TestApi.start();
  const { supervisor } = api;
  supervisor.fleet = fleetStatus({ state: 'unhealthy', text: `app 1: ${LONG} has ended`, owed: 2 });
  const [first] = supervisor.apps;
  const service = first?.services[0];
  if (service === undefined) throw new Error('no service');
  const many = Array.from({ length: 50 }, (_, at) => ({
    ...service,
    name: `worker-${String(at)}`,
  }));
  const statuses = ['Stopped', 'exited', 'Downloading'] as const;
  const odd = statuses.map((status) => ({ ...service, name: `is-${status}`, status }));
  const named = ['main', 'side', LONG].map((name) => ({ ...service, name }));
  supervisor.apps = STATES.map((update, at): AppStatus => {
    const services = at === 0 ? many : at === 1 ? odd : named;
    return { id: String(at), name: at === 2 ? LONG : `app ${String(at)}`, update, services };
  });
  const one = blocker('3', 'main', `${'a reason without an end '.repeat(20)}${'x'.repeat(300)}`);
  supervisor.blockers = [
    one,
    {
      ...blocker('3', LONG),
      by: 'undecidable',
      holders: [],
      evidence: [{ kind: 'e', text: LONG }],
    },
    { ...blocker('4', 'main'), supervisor: true },
    { ...blocker('5', 'side'), verdict: 'stale', holders: [] },
    { ...blocker('6', 'side'), verdict: 'residue', unseen: ['what other users have open'] },
  ];
  const waits = { ...one.holders[0], pid: 43, role: 'waits', command: '/'.repeat(300) } as const;
  one.holders.push({ ...waits, source: 'flock' });
  supervisor.log('wait', LONG.repeat(4), '3');
  supervisor.journal.push({ at: new Date().toISOString(), kind: 'failed', text: LONG, app: '5' });
  return api;
}

async function opened(api: TestApi, options: Parameters<typeof tab>[1] = {}): Promise<Page> {
  const page = await tab(api.api.address, options);
  await signIn(page, DEVICE_KEY);
  await page.locator('#overview').waitFor();
  return page;
}

async function violations(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    const { axe } = window as unknown as { axe: { run(): Promise<AxeResult> } };
    const { violations: all } = await axe.run();
    return all.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`));
  });
}

interface AxeResult {
  violations: { id: string; nodes: { html: string }[] }[];
}

async function tooWide(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
}

for (const colorScheme of SCHEMES)
  it(`axe finds nothing, ${colorScheme}: signed out, refused, crowded, asking for consent, lost`, async () => {
    const api = await crowded();
    const page = await tab(api.api.address, { colorScheme });
    expect(await violations(page)).toEqual([]);
    await signIn(page, 'wrong');
    await page.getByRole('alert').waitFor();
    expect(await violations(page)).toEqual([]);
    await signIn(page, DEVICE_KEY);
    await page.locator('#overview').waitFor();
    for (const one of await page.getByText('Evidence').all()) await one.click();
    expect(await violations(page)).toEqual([]);
    await page.getByRole('button', { name: 'Force…' }).first().click();
    await page.getByRole('dialog').waitFor();
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press('Escape');
    api.supervisor.setOverride(true, { who: 'a test' });
    await api.api.close();
    await page.locator('.note').getByText('does not answer').waitFor();
    expect(await violations(page)).toEqual([]);
  });

it('is 360 pixels wide without scrolling sideways, whatever there is to show', async () => {
  const page = await tab((await crowded()).api.address, { viewport: { width: 360, height: 740 } });
  expect(await tooWide(page)).toBe(0);
  await signIn(page, DEVICE_KEY);
  await page.locator('#overview').waitFor();
  for (const one of await page.getByText('Evidence').all()) await one.click();
  expect(await tooWide(page)).toBe(0);
  await page.getByRole('button', { name: 'Force…' }).first().click();
  expect(await tooWide(page)).toBe(0);
  const box = await page.getByRole('dialog').boundingBox();
  expect(box?.x).toBeGreaterThanOrEqual(0);
  expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(360);
});

it('every button and field can be reached by Tab, in the order in which they are read', async () => {
  const page = await opened(await crowded());
  const wanted = await page.evaluate(() => {
    document.querySelector<HTMLElement>('.skip')?.focus();
    return document.querySelectorAll('a, button:not(dialog *), summary').length;
  });
  const places: number[] = [];
  for (let at = 1; at < wanted; at++) {
    await page.keyboard.press('Tab');
    places.push(
      await page.evaluate(() => {
        const all = [...document.querySelectorAll('a, button, summary')];
        return all.indexOf(document.activeElement ?? document.body);
      }),
    );
  }
  expect(places).toEqual(Array.from({ length: wanted - 1 }, (_, at) => at + 1));
});

it('what is folded open, and where the focus is, stay as the data changes', async () => {
  const api = await crowded();
  const page = await opened(api);
  const evidence = page.getByText('Evidence').first();
  await evidence.click();
  api.supervisor.blockers = [blocker('3', 'another'), ...api.supervisor.blockers];
  api.supervisor.log('notice', 'something happened', '3');
  await page.locator('.lock').getByText('another', { exact: true }).waitFor();
  expect(await page.locator('details[open]').count()).toBe(1);
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Evidence');
});

it('a device without apps and locks says so', async () => {
  const api = await TestApi.start();
  api.supervisor.apps = [];
  const page = await opened(api);
  await page.getByText('Nothing is locked').waitFor();
  await page.getByText('No apps: the target state is empty').waitFor();
  await page.getByText('Nothing was locked and nothing was updated in the last hour.').waitFor();
});
