// Contenders in languages that have to be there, and some of which have to be compiled first.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const source = (name) => fileURLToPath(new URL(`contenders/contender.${name}`, import.meta.url));
const JAVA = fileURLToPath(new URL('contenders/Contender.java', import.meta.url));

// `make`: what has to succeed once; `run`: the contender without its arguments. Java's heap and threads
// are kept small: a contender needs neither.
const LANGUAGES = {
  php: () => ({ make: ['php', '--version'], run: ['php', source('php')] }),
  ruby: () => ({ make: ['ruby', '--version'], run: ['ruby', source('rb')] }),
  go: (to) => ({
    make: ['go', 'build', '-o', join(to, 'contender-go'), source('go')],
    run: [join(to, 'contender-go')],
  }),
  rust: (to) => ({
    make: ['rustc', '--edition', '2024', '-O', '-o', join(to, 'contender-rust'), source('rs')],
    run: [join(to, 'contender-rust')],
  }),
  java: (to) => ({
    make: ['javac', '-d', to, JAVA],
    run: [
      'java',
      ...['-Xmx32m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'],
      '-cp',
      to,
      'Contender',
    ],
  }),
};

const made = new Map();

function make(language, workshop) {
  const { make: words, run } = LANGUAGES[language](workshop);
  const { error, status, stderr } = spawnSync(words[0], words.slice(1), { encoding: 'utf8' });
  if (error?.code === 'ENOENT') return { reason: `no ${words[0]} in PATH` };
  if (error !== undefined) throw error;
  if (status === 0) return { command: run };
  return { reason: `${words.join(' ')} fails: ${stderr.trim().split('\n')[0]}` };
}

/** How to run the contender of this language; or the reason why it cannot be. */
export function speak(language, workshop) {
  if (!made.has(language)) made.set(language, make(language, workshop));
  return made.get(language);
}
