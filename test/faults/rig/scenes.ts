// What is at a path before an act, and what has to be true after it whatever failed meanwhile.

import { closeSync, mkdirSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { tryAcquireSync } from '../../../src/index.js';
import { native } from '../../../src/native.js';
import type { Answer, Command } from './victim.js';

export const STRANGER = 'a stranger is here';
const LOCK_EX = 2;
const RESIDUE = '1\n{"lockbridge":1,"residue":true}\n';

export interface Scene {
  name: string;
  act: Command['act'];
  noTmpfile?: boolean;
  /** Replaces what it has seen, by id, or nothing. */
  only?: boolean;
  /** The victim acquires before. */
  holding?: boolean;
  /** Sets the scene; gives back what puts the scene to rest. */
  set: (path: string) => () => void;
  /** Whose the path is afterwards if the victim does not hold it. */
  after: 'anyone' | 'stranger' | 'holder' | 'broken';
}

const nothing = (): void => undefined;

function stranger(path: string): () => void {
  writeFileSync(path, STRANGER);
  return nothing;
}

function replaced(path: string): () => void {
  writeFileSync(`${path}.new`, STRANGER);
  renameSync(`${path}.new`, path);
  return nothing;
}

function content(text: string): Scene['set'] {
  return (path) => {
    writeFileSync(path, text);
    return nothing;
  };
}

function held(path: string): () => void {
  const lock = tryAcquireSync(path);
  return () => lock?.releaseSync();
}

/** Somebody's flock on a file with this content. */
function flocked(text: string): Scene['set'] {
  return (path) => {
    writeFileSync(path, text);
    const fd = openSync(path, 'r');
    if (native.flock(fd, LOCK_EX) < 0) throw new Error(`no flock on ${path}`);
    return () => {
      closeSync(fd);
    };
  };
}

function opened(path: string): () => void {
  const fd = openSync(path, 'r');
  return () => {
    closeSync(fd);
  };
}

function directory(path: string): () => void {
  mkdirSync(path);
  return nothing;
}

export const SCENES: readonly Scene[] = [
  { name: 'acquire, free', act: 'acquire', set: () => nothing, after: 'anyone' },
  {
    name: 'acquire, free, without nameless files',
    act: 'acquire',
    noTmpfile: true,
    set: () => nothing,
    after: 'anyone',
  },
  { name: 'adopt what is stale', act: 'acquire', set: content('\x02c'), after: 'anyone' },
  { name: 'adopt residue', act: 'acquire', set: content(RESIDUE), after: 'anyone' },
  { name: "acquire, a stranger's", act: 'acquire', set: stranger, after: 'stranger' },
  { name: 'acquire, held', act: 'acquire', set: held, after: 'holder' },
  { name: "acquire, a stranger's flock", act: 'acquire', set: flocked(RESIDUE), after: 'holder' },
  { name: 'release', act: 'release', holding: true, set: () => nothing, after: 'anyone' },
  { name: 'release, open elsewhere', act: 'release', holding: true, set: opened, after: 'anyone' },
  { name: 'release, replaced', act: 'release', holding: true, set: replaced, after: 'stranger' },
  { name: "replace, a stranger's", act: 'replace', set: stranger, after: 'broken' },
  { name: 'replace, a directory', act: 'replace', set: directory, after: 'broken' },
  { name: 'replace, held', act: 'replace', set: held, after: 'broken' },
  { name: "replace, a stranger's flock", act: 'replace', set: flocked(STRANGER), after: 'broken' },
  {
    name: "replace by id, a stranger's",
    act: 'replace',
    only: true,
    set: stranger,
    after: 'broken',
  },
  {
    name: 'replace by id, a directory',
    act: 'replace',
    only: true,
    set: directory,
    after: 'broken',
  },
  { name: 'sweep flocked residue', act: 'sweep', set: flocked(RESIDUE), after: 'holder' },
  { name: 'sweep residue', act: 'sweep', set: content(RESIDUE), after: 'anyone' },
  { name: "sweep, a stranger's", act: 'sweep', set: stranger, after: 'stranger' },
  { name: 'sweep, held', act: 'sweep', set: held, after: 'holder' },
  { name: 'inspect, held', act: 'inspect', set: held, after: 'holder' },
  { name: "inspect, a stranger's", act: 'inspect', set: stranger, after: 'stranger' },
  { name: 'inspect, stale', act: 'inspect', set: content('\x02c'), after: 'anyone' },
];

/** What is wrong with the answer itself; empty if nothing. */
export function wrongAnswer(scene: Scene, path: string, answer: Answer): string[] {
  const wrong: string[] = [];
  const { said, error } = answer;
  if (error !== undefined) {
    if (error.name !== 'LockError') wrong.push(`no LockError: ${error.name} ${error.message}`);
    else if (error.code !== 'ERR_LOCK_HELD' && error.code !== 'ERR_LOCK_CHANGED') {
      if (error.syscall === undefined) wrong.push(`names no call: ${error.message}`);
      if (error.path !== path) wrong.push(`names no path: ${error.message}`);
    }
  }
  const others = scene.after === 'stranger' || scene.after === 'holder';
  if (others && scene.act === 'acquire' && said === 'held') wrong.push("holds somebody else's");
  if (others && scene.act === 'sweep' && said === '1') wrong.push("swept somebody else's");
  if (others && scene.act === 'inspect' && said !== 'held' && said !== undefined)
    wrong.push(`says ${said} of what is held`);
  const holds = said === 'held' && (scene.act === 'acquire' || scene.act === 'replace') ? 1 : 0;
  if (answer.fds !== holds) wrong.push(`${String(answer.fds)} descriptors are open`);
  return wrong;
}

/** The file that the stranger put there is there, as it was. */
export function strangerSurvives(path: string): boolean {
  try {
    return readFileSync(path, 'utf8') === STRANGER;
  } catch {
    return false;
  }
}
