// Holders and waiters: child processes that live through all rounds and speak the line protocol of
// c/party.c. They tell the times themselves, so no pipe is in them.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { program } from './compile.mjs';
import { pythonPeers } from './peers.mjs';

const BOUND_MS = 60_000;
const ENDING_MS = 2000;
const living = new Set();
process.on('exit', () => {
  for (const child of living) child.kill('SIGKILL');
});

/** The native command, where it is built. */
export const LOCKBRIDGE_RUN = fileURLToPath(
  new URL('../../build/Release/lockbridge-run', import.meta.url),
);

const script = (name) => fileURLToPath(new URL(`../parties/${name}`, import.meta.url));

function start(command, args, env = process.env) {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'], env });
  living.add(child);
  const exited = once(child, 'exit').then(() => living.delete(child));
  child.stdin.on('error', () => undefined); // it ended early: `hear` says so
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();

  /** The next line, which must begin with `word`; the number behind it. */
  async function hear(word) {
    const timer = setTimeout(() => child.kill('SIGKILL'), BOUND_MS);
    const { value, done } = await lines.next();
    clearTimeout(timer);
    if (done || !value.startsWith(word))
      throw new Error(`${command} ${args.join(' ')}: '${value ?? 'the end'}' instead of '${word}'`);
    return Number(value.slice(word.length));
  }

  return {
    pid: child.pid,
    hear,
    ask: async (line, word) => {
      child.stdin.write(`${line}\n`);
      return hear(word);
    },
    end: async () => {
      child.stdin.end();
      const timer = setTimeout(() => child.kill('SIGKILL'), ENDING_MS); // one that failed may wait on
      await exited;
      clearTimeout(timer);
    },
  };
}

/** `flock` or `create` in C; undefined where there is no compiler. */
export function cParty(kind) {
  const binary = program('party');
  return binary && start(binary, [kind]);
}

/** One of parties/node.mjs. */
export function nodeParty(kind, ...args) {
  return start(process.execPath, [script('node.mjs'), kind, ...args]);
}

/** One of parties/waiter.py. */
export async function pythonParty(kind, ...args) {
  const { python, path } = await pythonPeers();
  const ours = fileURLToPath(new URL('../../python-compat/src', import.meta.url));
  const env = { ...process.env, PYTHONPATH: `${path}:${ours}`, PYTHONDONTWRITEBYTECODE: '1' };
  return start(python, [script('waiter.py'), kind, ...args], env);
}

/** Flocks all these files in one process; undefined where there is no compiler. */
export async function holdAll(paths) {
  const binary = program('hold');
  const holder = binary && start(binary, []);
  await holder?.ask(`${paths.join('\n')}\n`, 'held');
  return holder;
}
