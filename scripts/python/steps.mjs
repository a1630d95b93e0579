// The steps of a run: one line when a step begins, its output when it fails, and the checks among them
// as a JUnit file, so that one that fails is counted like a test that fails.

import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';

/** Runs a program to its end. Never a shell. `show` leaves its output to the terminal. */
export function execute(program, args, { cwd, env = {}, show = false } = {}) {
  const done = spawnSync(program, args, {
    cwd,
    env: { ...process.env, ...env },
    encoding: 'utf8',
    stdio: show ? ['ignore', 'inherit', 'inherit'] : ['ignore', 'pipe', 'pipe'],
    maxBuffer: 1 << 28,
  });
  const output = `${done.stdout ?? ''}${done.stderr ?? ''}${done.error ? String(done.error) : ''}`;
  return { ok: done.status === 0, output };
}

export class Steps {
  #results = [];

  /** One line for people. */
  say(text) {
    console.log(`python: ${text}`);
  }

  /** Runs one program as a check. */
  check(name, program, args, options = {}) {
    return this.#take(name, true, () => execute(program, args, options));
  }

  /** What must be done first: `work` gives `{ ok, output }`. Counted only if it fails. */
  prepare(name, work) {
    return this.#take(name, false, work);
  }

  /** Runs tests that write a JUnit file of their own. Without one they count as one failure. */
  test(name, junit, program, args, options) {
    const before = this.#results.length;
    const ok = this.#take(name, false, () => execute(program, args, { ...options, show: true }));
    if (existsSync(junit)) this.#results[before].counted = false;
    return ok;
  }

  #take(name, check, work) {
    this.say(`${name} …`);
    const began = performance.now();
    const { ok, output } = work();
    const seconds = (performance.now() - began) / 1000;
    this.#results.push({ name, ok, output, seconds, counted: check || !ok });
    if (!ok) console.log(`${output.trimEnd()}\npython: FAILED: ${name}`);
    return ok;
  }

  get ok() {
    return this.#results.every((result) => result.ok);
  }

  /** Writes what counts as JUnit XML. */
  report(file) {
    const counted = this.#results.filter((result) => result.counted);
    const cases = counted.map(({ name, ok, output, seconds }) => {
      const failure = ok ? '' : `<failure message="failed">${escape(output)}</failure>`;
      return `<testcase classname="python" name="${escape(name)}" time="${seconds.toFixed(3)}">${failure}</testcase>`;
    });
    const counts = `tests="${cases.length}" failures="${counted.filter(({ ok }) => !ok).length}" errors="0" skipped="0"`;
    writeFileSync(
      file,
      `<?xml version="1.0" encoding="utf-8"?>\n<testsuites><testsuite name="python checks" ${counts}>\n${cases.join('\n')}\n</testsuite></testsuites>\n`,
    );
  }
}

const ENTITIES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function escape(text) {
  // XML 1.0 has no way to write control characters.
  return text
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, '?')
    .replace(/[&<>"]/g, (c) => ENTITIES[c]);
}
