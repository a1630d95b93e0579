// Runs contenders in turn, round after round, so that a machine that speeds up or slows down does so
// for all of them. The first round warms up and is thrown away.

import { progress } from './progress.mjs';
import { judge, summary } from './stats.mjs';

/**
 * One table. `contenders`: name -> a function that gives the time of one operation in microseconds, or
 * a list of such times; what is undefined is left out. `base`: whose time the others are divided by.
 * `goals`: see `judge`; those of contenders that are left out are dropped.
 */
export async function interleave({ title, place, rounds, base, contenders, goals = [] }) {
  const running = Object.entries(contenders).filter(([, run]) => typeof run === 'function');
  const times = Object.fromEntries(running.map(([name]) => [name, []]));
  for (let round = -1; round < rounds; round++)
    for (const [name, run] of running) {
      progress(`${title}${place ? `, ${place}` : ''}: round ${round + 1} of ${rounds}: ${name}`);
      const took = await run();
      if (round >= 0) times[name].push(Array.isArray(took) ? took : [took]);
    }
  progress('');
  const first = times[base] === undefined ? running[0][0] : base;
  const lines = running.map(([name]) => summary(name, times[name], times[first]));
  const known = goals.filter(({ of, to }) =>
    [of, to].every((name) => name === undefined || times[name] !== undefined),
  );
  const judged = known.map((goal) => judge(goal, times, lines)).filter((one) => one !== undefined);
  return { title, place, rounds, unit: 'us', base: first, lines, goals: judged };
}

/** Microseconds for one of `n` calls. */
export function repeat(n, once) {
  const begin = process.hrtime.bigint();
  for (let i = 0; i < n; i++) once();
  return Number(process.hrtime.bigint() - begin) / n / 1000;
}

/** The same for calls that give a promise, one after the other. */
export async function repeatAsync(n, once) {
  const begin = process.hrtime.bigint();
  for (let i = 0; i < n; i++) await once();
  return Number(process.hrtime.bigint() - begin) / n / 1000;
}
