// Peers written in Perl: the line protocol around the few lines that are the peer. The scripts are
// fixed; paths come in by the protocol, never by interpolation.

import { run } from './children.js';
import { openProgram } from './program-session.js';
import type { Detection, Session } from './types.js';

const LOOP = String.raw`
$| = 1;
print "ready\n";
while (defined(my $line = <STDIN>)) {
  chomp $line;
  my ($verb, $path) = split / /, $line, 2;
  my $answer = eval {
    if ($verb eq 'release') { let_go($path); return 'released' }
    my $got = hold($path);
    let_go($path) if $verb eq 'take' && $got eq 'acquired';
    $got;
  } // "error $@";
  print join(' ', split ' ', $answer), "\n";
}
`;

/** Runs `code`, which prints a version, with the options in `options`; `missing` says why not. */
export async function detectPerl(
  code: string,
  missing: string,
  options: readonly string[] = [],
): Promise<Detection> {
  const ran = await run(['perl', ...options, '-e', code]);
  if (ran.status === null) return { available: false, reason: 'no `perl` in PATH' };
  if (ran.status !== 0) return { available: false, reason: missing };
  return { available: true, version: ran.stdout.trim() };
}

/** Starts a script that defines `hold` (returns the answer) and `let_go`; both get the path. */
export async function openPerl(id: string, script: string): Promise<Session> {
  return openProgram({ id, argv: ['perl', '-e', `use strict; use warnings;${script}${LOOP}`] });
}
