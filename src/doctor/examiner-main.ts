// The program that runs the checks, in a process of its own: a directory may hang (a network
// filesystem without its server), and only a process can be given up.
//
// argv[2] is a JSON order; one JSON report a line comes back. Whatever ends it — its last check, or
// its parent, which shows as the end of its input — it removes what it made. Killed, it cannot: the
// parent then starts another one.

import { statSync } from 'node:fs';
import { Workbench, type BenchOptions } from './bench.js';
import { CHECKS } from './checks/index.js';
import { nameOf } from './outcome.js';
import type { Check, Finding, Outcome } from './types.js';

export interface Order extends BenchOptions {
  /** Ids of the checks to run; none: only remove what a killed predecessor left. */
  checks: readonly string[];
}

/** A finding, a check that was left out, or why the directory cannot be examined at all. */
export type Report = { finding: Finding } | { skipped: string } | { unreachable: string };

function say(report: Report): void {
  process.stdout.write(`${JSON.stringify(report)}\n`);
}

/** `ENOENT`, `ENOTDIR`, … if `dir` is not a directory that can be reached. */
function unreachable(dir: string): string | undefined {
  try {
    return statSync(dir).isDirectory() ? undefined : 'ENOTDIR';
  } catch (error) {
    return nameOf(error);
  }
}

async function outcomeOf(check: Check, bench: Workbench): Promise<Outcome> {
  try {
    return await check.run(bench);
  } catch (error) {
    return { status: 'unknown', detail: `it could not be tried: ${String(error)}` };
  }
}

async function examine(order: Order, bench: Workbench): Promise<void> {
  let reached = false;
  for (const check of CHECKS) {
    const { id, name, guarantee } = check;
    if (!order.checks.includes(id)) continue;
    if (check.host !== true && !reached) {
      const reason = unreachable(order.dir);
      if (reason !== undefined) {
        say({ unreachable: reason });
        return;
      }
      reached = true;
    }
    if (check.writes === true && bench.prepare() !== undefined) {
      say({ skipped: id });
      continue;
    }
    const outcome = await outcomeOf(check, bench);
    say({ finding: { id, name, ...(guarantee !== undefined && { guarantee }), ...outcome } });
  }
}

const order = JSON.parse(process.argv[2] ?? '') as Order;
const bench = new Workbench(order);
const leave = (): never => {
  bench.clean();
  process.exit();
};
process.stdin.on('end', leave).resume();
process.stdout.on('error', leave);
await examine(order, bench);
leave();
