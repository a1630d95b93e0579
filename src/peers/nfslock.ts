// File::NFSLock of Perl: links a file of mode 0600 (0601: shared) with a line `host pid time random`
// for each holder. Not driven by the matrix.

import { bits, HOST, pidOf, wholeText } from './shape.js';
import type { Recogniser } from './types.js';

const LINE = new RegExp(String.raw`^(${HOST}) (\d+) \d{1,10} \d{1,4}$`);

export const nfslockFootprint: Recogniser = {
  protocol: 'File::NFSLock',
  recognise(traces) {
    const lines = wholeText(traces)?.split('\n') ?? [];
    if (lines.length < 2 || lines.pop() !== '') return undefined;
    const matches = lines.map((line) => LINE.exec(line));
    const pids = matches.map((match) => pidOf(match?.[2]));
    const host = matches[0]?.[1];
    const [pid] = pids;
    if (pid === undefined || host === undefined || pids.includes(undefined)) return undefined;
    const sure = [0o600, 0o601].includes(bits(traces));
    const named = { protocol: 'File::NFSLock', certainty: sure ? 'sure' : 'likely' } as const;
    const text = `host, pid, time and a number are File::NFSLock's: pid ${pids.join(', ')} on '${host}'`;
    if (pids.length > 1) return { ...named, text, pids: pids.filter((one) => one !== undefined) };
    return { ...named, text, pid, host, pidDecides: true };
  },
};
