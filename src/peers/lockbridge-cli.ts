// lockbridge through its command line: `lockbridge run PATH -- command`, as a script uses it.

import { access } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { run } from './children.js';
import { openWrapper } from './command-session.js';
import { lockbridge } from './lockbridge.js';
import type { Detection, Outcome, Peer } from './types.js';

const BIN = fileURLToPath(new URL('../bin.cjs', import.meta.url));

interface Status {
  by?: string;
  evidence?: { text: string }[];
}

// `run` only says that it is held; `status` says how that is known.
async function explain(path: string): Promise<Outcome> {
  const { stdout } = await run([process.execPath, BIN, 'status', '--json', path]);
  try {
    const parsed = JSON.parse(stdout) as Status | Status[];
    const status = Array.isArray(parsed) ? parsed[0] : parsed;
    const detail = status?.evidence?.at(-1)?.text;
    const kind = status?.by === 'undecidable' ? 'undecidable' : 'refused';
    return { kind, ...(detail !== undefined && { detail }) };
  } catch {
    return {
      kind: 'error',
      detail: `lockbridge-cli: \`status --json\` printed no JSON: ${stdout}`,
    };
  }
}

async function detect(): Promise<Detection> {
  try {
    await access(BIN);
  } catch {
    return { available: false, reason: `${BIN} is not built` };
  }
  const ran = await run([process.execPath, BIN, '--version']);
  if (ran.status !== 0)
    return { available: false, reason: `does not start: ${ran.stderr.trim().slice(-300)}` };
  return { available: true, version: ran.stdout.trim() };
}

export const lockbridgeCli: Peer = {
  ...lockbridge,
  id: 'lockbridge-cli',
  name: 'lockbridge run',
  detect,
  open: async () =>
    Promise.resolve(
      openWrapper({
        id: 'lockbridge-cli',
        wrap: (path, command) => [process.execPath, BIN, 'run', '-n', path, '--', ...command],
        refused: ({ status }) => status === 1,
        explain,
      }),
    ),
};
