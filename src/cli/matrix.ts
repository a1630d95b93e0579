// `lockbridge matrix`: every lock program against every other one, on this machine and filesystem.

import { statSync } from 'node:fs';
import type { Argv } from 'yargs';
import { requirePeers } from '../env.js';
import { EXIT } from '../errors.js';
import { violations } from '../matrix/check.js';
import { markdown } from '../matrix/markdown.js';
import { render } from '../matrix/render.js';
import { svg } from '../matrix/svg.js';
import { detectPeers, runMatrix } from '../matrix/run.js';
import type { MatrixResult } from '../matrix/types.js';
import { peers as known } from '../peers/index.js';
import { howToInstall, installPeers } from '../peers/install.js';
import type { Peer } from '../peers/types.js';
import { progress } from './matrix-progress.js';
import { inColor } from './color.js';
import type { Command } from './types.js';

interface MatrixArgs {
  json?: boolean;
  markdown?: boolean;
  svg?: boolean;
  peers?: string;
  dir?: string;
  installPeers?: boolean;
  jobs?: number;
}

const say = (line: string): void => void process.stderr.write(`lockbridge: ${line}\n`);

function builder(y: Argv): Argv {
  return y
    .option('json', { type: 'boolean', describe: 'print the result as JSON' })
    .option('markdown', { type: 'boolean', describe: 'print it as a Markdown document' })
    .option('svg', { type: 'boolean', describe: 'print it as a picture: who sees whom' })
    .option('peers', { type: 'string', describe: 'only these, by id, separated by commas' })
    .option('dir', { type: 'string', describe: 'make the lock files below this directory' })
    .option('install-peers', { type: 'boolean', describe: 'install the missing peers first' })
    .option('jobs', { type: 'number', describe: 'how many questions are asked at once' })
    .conflicts({ json: ['markdown', 'svg'], markdown: 'svg' })
    .example('$0 matrix', 'the table, for the temporary directory')
    .example('$0 matrix --dir /srv/data', 'the same on the filesystem of /srv/data')
    .example('$0 matrix --peers procmail,flock,lockbridge', 'three programs only')
    .example('$0 matrix --install-peers --markdown > interop.md', 'a document of everything')
    .example('$0 matrix --svg > matrix.svg', 'a picture of it');
}

/** The peers that were asked for, or the ids that do not exist. */
function select(list: string | undefined): { chosen: readonly Peer[]; unknown: string[] } {
  if (list === undefined) return { chosen: known, unknown: [] };
  const ids = list.split(',').map((id) => id.trim());
  const unknown = ids.filter((id) => !known.some((peer) => peer.id === id));
  return { chosen: known.filter(({ id }) => ids.includes(id)), unknown };
}

/** What is wrong with the options, and the exit code for it. */
function refusal(args: MatrixArgs, unknown: readonly string[]): [number, string] | undefined {
  if (unknown.length > 0) {
    const ids = known.map(({ id }) => id).join(', ');
    return [EXIT.usage, `no peer is called '${unknown.join("', '")}'; the peers are ${ids}`];
  }
  if (args.jobs !== undefined && !(Number.isInteger(args.jobs) && args.jobs > 0))
    return [EXIT.usage, '--jobs must be a whole number, 1 or more'];
  if (
    args.dir !== undefined &&
    statSync(args.dir, { throwIfNoEntry: false })?.isDirectory() !== true
  )
    return [EXIT.noInput, `--dir: '${args.dir}' is no directory; create it first`];
  return undefined;
}

async function install(chosen: readonly Peer[]): Promise<void> {
  const infos = await detectPeers(chosen);
  const missing = chosen.filter((_, at) => infos[at]?.available === false);
  for (const failure of await installPeers(missing, say)) say(`not installed: ${failure}`);
}

/** Names the peers that are not there, on stderr; says how many. */
function sayMissing(result: MatrixResult): number {
  const missing = result.peers.filter(({ available }) => !available);
  for (const { id, reason = 'unknown reason' } of missing) {
    const how = howToInstall(known.find((peer) => peer.id === id)?.install);
    say(`peer ${id} is not available: ${reason}${how === '' ? '' : `; ${how}`}`);
  }
  return missing.length;
}

function print(result: MatrixResult, args: MatrixArgs): string {
  if (args.json === true) return JSON.stringify(result, undefined, 2);
  if (args.markdown === true) return markdown(result, 'lockbridge matrix --markdown').trimEnd();
  if (args.svg === true) return svg(result).trimEnd();
  return render(result, { color: inColor() });
}

async function run(given: Record<string, unknown>): Promise<number> {
  const args = given as MatrixArgs;
  const { chosen, unknown } = select(args.peers);
  const refused = refusal(args, unknown);
  if (refused !== undefined) {
    say(refused[1]);
    return refused[0];
  }
  if (args.installPeers === true) await install(chosen);
  const shown = progress();
  const result = await runMatrix({
    peers: chosen,
    ...(args.dir !== undefined && { dir: args.dir }),
    ...(args.jobs !== undefined && { concurrency: args.jobs }),
    onProgress: shown.update,
  }).finally(shown.stop);
  process.stdout.write(`${print(result, args)}\n`);
  const missing = sayMissing(result);
  const broken = violations(result);
  for (const line of broken) say(`violation: ${line}`);
  return broken.length > 0 || (missing > 0 && requirePeers()) ? EXIT.conflict : EXIT.ok;
}

export const matrixCommand: Command = {
  command: 'matrix',
  describe: 'try every lock program of this machine against every other one',
  builder,
  run,
};
