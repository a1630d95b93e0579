// git: FILE.lock, created exclusively, filled with what FILE is to become and renamed over it.
// Not driven by the matrix.

import { basename } from 'node:path';
import { wholeText } from './shape.js';
import type { Recogniser } from './types.js';

const INDEX = /^DIRC\0\0\0[\x02-\x04]/; // gitformat-index(5)
const OBJECT_ID = /^(?:[0-9a-f]{40}|[0-9a-f]{64})\n$/;
const FILES = /^(?:index|HEAD|config|packed-refs|shallow)\.lock$/;

export const gitFootprint: Recogniser = {
  protocol: 'git',
  recognise(traces) {
    const { path, type, content } = traces;
    if (type !== 'file' || !path.endsWith('.lock')) return undefined;
    const said = (certainty: 'sure' | 'likely', text: string) => ({
      protocol: 'git',
      certainty,
      text,
    });
    if (INDEX.test(content)) return said('sure', 'it contains a git index that is being written');
    const text = wholeText(traces);
    if (text !== undefined && OBJECT_ID.test(text))
      return said('likely', 'it contains one object id, as git writes a reference');
    if (text === '' && FILES.test(basename(path)) && path.split('/').includes('.git'))
      return said('likely', 'its place and name are those of a file that git is about to write');
    return undefined;
  },
};
