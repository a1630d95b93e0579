// In Node and in Python: every call that an act on a lock makes (of those that a walk through /proc
// repeats, the first) is made to fail with every error that it may give, and the process is killed
// before each of them, which is after the one before. After each: who says that it holds does, nothing of a stranger's is
// touched, no descriptor is left, the error names call and path, and the next taker gets the lock.
// One fault at a time; what several do together is not tried.

import { existsSync, mkdtempSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { requirePeers } from '../../src/env.js';
import { inspectSync, tryAcquireSync } from '../../src/index.js';
import { scratch } from '../helpers/scratch.js';
import { faults, isNameOf, kills, later, type Fault } from './rig/errnos.js';
import { SCENES, strangerSurvives, wrongAnswer, type Scene } from './rig/scenes.js';
import { lacksShim, Victim, type Answer, type Language } from './rig/victim.js';

if (lacksShim !== undefined && requirePeers()) throw new Error(`no C compiler: ${lacksShim}`);
if (lacksShim !== undefined) console.warn(`skipped, no C compiler: ${lacksShim}`);
const enumerated = it.skipIf(lacksShim !== undefined);

/** Victims of one test: they wait for the kernel more than they work. */
const AT_ONCE = 3;
const TRIES = 5;

/** The scene played once in a fresh directory with this fault; what is wrong afterwards. */
async function play(victim: Victim, base: string, scene: Scene, fault?: Fault): Promise<Played> {
  const dir = mkdtempSync(join(base, 'd'));
  const path = join(dir, 'l');
  if (scene.holding === true) await victim.does({ act: 'acquire', path });
  const rest = scene.set(path);
  const { act, noTmpfile = false, only = false } = scene;
  const armed = fault === undefined ? {} : { at: fault.at, error: fault.error };
  const answer = await victim.does({ act, path, noTmpfile, only, ...armed });
  const wrong = answer === undefined ? [] : wrongAnswer(scene, path, answer);
  const failed = fault === undefined ? undefined : answer?.calls[fault.at];
  const named = answer?.error?.syscall;
  // In Python an error names the step of the protocol.
  if (victim.language === 'node' && named !== undefined && answer?.injected === true)
    if (!isNameOf(named, failed ?? '')) wrong.push(`names ${named}, but ${String(failed)} failed`);
  const holds = answer?.said === 'held' && (act === 'acquire' || act === 'replace');
  if (holds) {
    if (inspectSync(path).by !== 'kernel') wrong.push('it holds, but no kernel lock shows');
    if (tryAcquireSync(path) !== undefined) wrong.push('it holds, but so do we');
    const released = await victim.does({ act: 'release', path });
    if (released?.said !== 'unlinked') wrong.push(`released: ${String(released?.said)}`);
    if (existsSync(path)) wrong.push('released, but the name is there');
  } else if (scene.after === 'holder') {
    if (inspectSync(path).by !== 'kernel') wrong.push("the holder's lock is gone");
  } else if (scene.after === 'stranger') {
    if (!strangerSurvives(path)) wrong.push("the stranger's file is gone");
  }
  rest();
  const stays =
    scene.after === 'stranger' ||
    (scene.after === 'broken' && inspectSync(path).verdict === 'held');
  if (!stays) {
    // A victim that lives clears its own residue away; what a dead one left is taken over.
    if (
      act === 'release' &&
      answer !== undefined &&
      fault?.call !== 'write' &&
      fault?.call !== 'ftruncate'
    )
      await vi
        .waitUntil(() => !existsSync(path), { timeout: 10_000, interval: 1 })
        .catch(() => wrong.push('the name stays for ever'));
    const next = tryAcquireSync(path);
    // Visible before it is complete: killed in between, it leaves a file that nobody can judge.
    const undecidable = noTmpfile && answer === undefined && inspectSync(path).by === 'undecidable';
    if (next === undefined && !undecidable) {
      const why = inspectSync(path).evidence.map(({ text }) => text);
      wrong.push(`the next taker is blocked: ${why.join('; ')}`);
    }
    next?.releaseSync();
    // A sweeper of the victim's that looks at just this moment makes our release a hand-over.
    if (answer !== undefined)
      await vi
        .waitUntil(() => readdirSync(dir).length === 0, { timeout: 5000, interval: 1 })
        .catch(() => wrong.push(`left: ${readdirSync(dir).join(' ')}`));
  } else if (readdirSync(dir).length > 1 && answer !== undefined) {
    wrong.push(`left: ${readdirSync(dir).join(' ')}`);
  }
  const where = fault === undefined ? '' : `${fault.name} at ${String(fault.at)} ${fault.call}`;
  return {
    answer,
    wrong: wrong.map(
      (text) =>
        `${where}: ${text} (said ${JSON.stringify(answer?.said ?? answer?.error?.message)})`,
    ),
  };
}

interface Played {
  answer: Answer | undefined;
  wrong: string[];
}

const CASES = (['node', 'Python'] satisfies Language[]).flatMap((language) =>
  SCENES.map((scene) => ({ language, name: scene.name, scene })),
);

enumerated.each(CASES)(
  '$language: $name: no error of any call does harm',
  { timeout: 120_000 },
  async ({ language, scene }) => {
    const base = scratch();
    const recorder = new Victim(language);
    // A walk through /proc would find the others there, busy.
    const others = scene.act === 'inspect' ? 0 : AT_ONCE - 1;
    const victims = [recorder, ...Array.from({ length: others }, () => new Victim(language))];
    // What is looked up once is looked up now.
    for (const victim of victims) await play(victim, base, scene);
    const { answer, wrong } = await play(recorder, base, scene);
    const all = faults(answer?.calls ?? []);
    expect(all.length).toBeGreaterThan(0);
    let reached = 0;
    let gone = 0;
    const left = [...all];
    const work = async (victim: Victim): Promise<void> => {
      for (let fault = left.shift(); fault !== undefined; fault = left.shift()) {
        let played = await play(victim, base, scene, fault);
        // What else runs here comes and goes, and a walk through /proc is another one then.
        for (let tries = 0; played.answer?.injected !== true && tries < TRIES; tries++) {
          const again = await play(victim, base, scene);
          const found = later(fault, again.answer?.calls ?? []);
          if (found !== undefined) played = await play(victim, base, scene, found);
          else if (tries === TRIES - 1) gone++;
        }
        if (played.answer?.injected === true) reached++;
        wrong.push(...played.wrong);
      }
    };
    await Promise.all(victims.map(work));
    expect(wrong).toEqual([]);
    expect(reached + gone).toBe(all.length);
    expect(gone).toBeLessThan(scene.act === 'inspect' ? all.length / 3 : 1);
    for (const victim of victims) await victim.finish();
  },
);

enumerated.each(CASES.filter(({ scene }) => scene.act !== 'inspect'))(
  '$language: $name: no death at any call does harm',
  { timeout: 120_000 },
  async ({ language, scene }) => {
    const base = scratch();
    const recorder = new Victim(language);
    await play(recorder, base, scene);
    const { answer, wrong } = await play(recorder, base, scene);
    await recorder.finish();
    const all = kills(answer?.calls ?? []);
    let died = 0;
    const left = [...all];
    const work = async (): Promise<void> => {
      for (let fault = left.shift(); fault !== undefined; fault = left.shift()) {
        // Now and then a run has a call more or less than the one that was recorded.
        for (let tries = 0, alive = true; alive && tries < TRIES; tries++) {
          const victim = new Victim(language);
          await play(victim, base, scene);
          const played = await play(victim, base, scene, fault);
          alive = played.answer !== undefined;
          wrong.push(...played.wrong);
          await victim.finish();
          if (!alive) died++;
        }
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    expect(wrong).toEqual([]);
    expect(died).toBeGreaterThanOrEqual(all.length - 1);
    expect(died).toBeGreaterThan(0);
  },
);
