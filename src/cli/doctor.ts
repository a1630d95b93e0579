// lockbridge doctor [DIR]: what a lock in a directory can rely on, tried there.

import { existsSync } from 'node:fs';
import Table from 'cli-table3';
import picocolors from 'picocolors';
import { allGuaranteed, diagnose } from '../doctor/diagnose.js';
import type { Finding, Status } from '../doctor/types.js';
import { EXIT } from '../errors.js';
import { bare } from '../matrix/bare.js';
import { inColor } from './color.js';
import { printJson } from './output.js';
import type { Command } from './types.js';

const USUAL = '/tmp/balena';
const WIDTH = 100;

export const doctorCommand: Command = {
  command: 'doctor [dir]',
  describe: 'Try what a lock in a directory can rely on',
  builder: (y) =>
    y
      .positional('dir', {
        type: 'string',
        describe: `The directory of the locks; default: ${USUAL} if it exists, else this one`,
      })
      .option('json', { type: 'boolean', default: false, describe: 'Print JSON' })
      .example('$0 doctor /run/lock', 'exit code 1 if a guarantee is missing')
      .example(
        '$0 doctor --json . | jq -r ".findings[] | select(.status != \\"ok\\").id"',
        'what is not as it should be',
      ),
  run,
};

async function run(args: Record<string, unknown>): Promise<number> {
  const given = args['dir'];
  const dir = typeof given === 'string' ? given : existsSync(USUAL) ? USUAL : '.';
  const findings = await diagnose(dir);
  const guaranteed = allGuaranteed(findings);
  if (args['json'] === true) printJson({ dir, guaranteed, findings });
  else process.stdout.write(`${page(dir, findings, guaranteed)}\n`);
  return guaranteed ? EXIT.ok : EXIT.conflict;
}

function page(dir: string, findings: readonly Finding[], guaranteed: boolean): string {
  const { bold, green, red, yellow } = picocolors.createColors(inColor());
  const paint: Record<Status, (text: string) => string> = {
    ok: green,
    weak: yellow,
    missing: red,
    unknown: red,
  };
  const table = new Table({
    chars: bare('  '),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  for (const { status, name, detail } of findings)
    table.push([paint[status](status), name, detail]);
  const trouble = findings.filter(({ status }) => status !== 'ok');
  return [
    bold(`What a lock in '${dir}' can rely on`),
    '',
    table.toString().replaceAll(/ +$/gm, ''),
    ...trouble.flatMap((finding) => ['', ...explanation(finding, paint[finding.status])]),
    '',
    bold(verdict(findings, guaranteed)),
  ].join('\n');
}

/** What a finding costs and what to do about it. */
function explanation(
  { name, status, guarantee, cost, remedy }: Finding,
  paint: (text: string) => string,
): string[] {
  const broken = status === 'weak' ? undefined : guarantee;
  return [
    `${paint(status)} ${name}`,
    ...(broken === undefined ? [] : wrapped('promise', broken)),
    ...(cost === undefined ? [] : wrapped('cost', cost)),
    ...(remedy === undefined ? [] : wrapped('do', remedy)),
  ];
}

function verdict(findings: readonly Finding[], guaranteed: boolean): string {
  const weak = findings.filter(({ status }) => status === 'weak').length;
  if (!guaranteed) return 'A guarantee is missing: do not rely on locks here.';
  if (weak === 0) return 'All guarantees are there.';
  return `All guarantees are there; ${String(weak)} weak ${weak === 1 ? 'point' : 'points'}.`;
}

/** A labelled paragraph, broken between words at the width of the page. */
function wrapped(label: string, text: string): string[] {
  const lines: string[] = [];
  let line = `  ${`${label}:`.padEnd(8)}`;
  for (const word of text.split(' ')) {
    if (line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = ' '.repeat(10);
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}
