// What can a lock in this directory rely on? Every check is tried there, in processes of its own,
// and nothing of it stays behind.
//
// It never hangs: a check that does not answer in time is `unknown`, and so are the later ones once
// the directory has failed to answer twice.

import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { invalid, LockError } from '../errors.js';
import { SYSCTLS } from '../inspect/sysctl.js';
import { CHECKS } from './checks/index.js';
import { runExaminer, type End } from './examiner.js';
import type { Report } from './examiner-main.js';
import type { Finding } from './types.js';

/** How a directory is examined. */
export interface DiagnoseOptions {
  /** How long one check may take, in milliseconds. Default: 5000. */
  timeout?: number;
  /** Where kernel settings are read from. Default: `/proc/sys`. */
  sysctls?: string;
}

const STRIKES = 2;

/**
 * Examines a directory. LockError if it cannot be reached; where no file can be made in it, that is
 * one finding, and the checks that need files are left out.
 */
export async function diagnose(dir: string, options: DiagnoseOptions = {}): Promise<Finding[]> {
  const { timeout = 5000, sysctls = SYSCTLS } = options;
  if (typeof dir !== 'string' || dir === '' || dir.includes('\0'))
    throw invalid('directory', 'the name of a directory', dir);
  if (!(timeout > 0 && timeout < 2 ** 31)) throw invalid('timeout', 'milliseconds', timeout);
  const scratch = `.lockbridge-doctor-${randomBytes(8).toString('hex')}`;
  const order = { dir: resolve(dir), scratch, sysctls };
  const findings: Finding[] = [];
  let left = CHECKS.map(({ id }) => id);
  let barrier: LockError | undefined;
  const hear = (report: Report): void => {
    if ('unreachable' in report) {
      barrier = unreachable(dir, report.unreachable);
      return;
    }
    const id = 'skipped' in report ? report.skipped : report.finding.id;
    left = left.filter((other) => other !== id);
    if ('finding' in report) findings.push(report.finding);
  };
  let strikes = 0;
  while (left.length > 0 && strikes < STRIKES) {
    const end = await runExaminer({ ...order, checks: left }, timeout, hear);
    if (barrier !== undefined) throw barrier;
    const [id] = left;
    if (id === undefined) break;
    strikes++;
    left = left.slice(1);
    findings.push(unknown(id, whyUnknown(end, timeout)));
  }
  for (const id of left) findings.push(unknown(id, 'not tried: the checks before it did not end'));
  if (strikes > 0) await runExaminer({ ...order, checks: [] }, timeout, () => undefined);
  return findings;
}

/** Whether every guarantee is there; one that could not be measured is not. */
export function allGuaranteed(findings: readonly Finding[]): boolean {
  return !findings.some(
    ({ guarantee, status }) =>
      guarantee !== undefined && (status === 'missing' || status === 'unknown'),
  );
}

function unknown(id: string, detail: string): Finding {
  const { name = id, guarantee } = CHECKS.find((check) => check.id === id) ?? {};
  return {
    id,
    name,
    ...(guarantee !== undefined && { guarantee }),
    status: 'unknown',
    detail,
    cost: 'a lock that needs it may hang as this check did',
    remedy: 'see whether its server or daemon answers',
  };
}

function whyUnknown(end: End, timeout: number): string {
  if (end.how === 'broke') return `the examination broke off: ${end.words}`;
  return `no answer within ${String(timeout / 1000)} s`;
}

function unreachable(dir: string, code: string): LockError {
  const denied = code === 'EACCES' || code === 'EPERM';
  const why = WHY[code] ?? code;
  return new LockError(
    denied ? 'ERR_LOCK_PERMISSION' : 'ERR_LOCK_PATH',
    `cannot examine '${dir}': ${why} (${code})`,
    { path: dir },
  );
}

const WHY: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist; create it first',
  ENOTDIR: 'it is not a directory',
  EACCES: 'this user may not look into a directory on the way to it',
  ELOOP: 'too many symbolic links on the way to it',
};
