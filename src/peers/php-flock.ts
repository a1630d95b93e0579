// flock of PHP, as its manual shows it: the file is opened without truncation and never removed.

import { openProgram } from './program-session.js';
import type { Peer } from './types.js';
import { commandVersion } from './version.js';

const SCRIPT = String.raw`
$held = [];
function hold($path) {
  global $held;
  $file = @fopen($path, 'c');
  if ($file === false) return 'error ' . (error_get_last()['message'] ?? 'cannot open');
  if (flock($file, LOCK_EX | LOCK_NB, $blocked)) {
    $held[$path] = $file;
    return 'acquired';
  }
  return $blocked ? 'refused' : 'error flock failed';
}
function release($path) {
  global $held;
  fclose($held[$path]);
  unset($held[$path]);
}
function answer($line) {
  [$verb, $path] = explode(' ', $line, 2);
  if ($verb === 'release') {
    release($path);
    return 'released';
  }
  $got = hold($path);
  if ($verb === 'take' && $got === 'acquired') release($path);
  return $got;
}
echo "ready\n";
while (($line = fgets(STDIN)) !== false)
  echo preg_replace('/\s+/', ' ', answer(rtrim($line, "\n"))), "\n";
`;

export const phpFlock: Peer = {
  id: 'php-flock',
  name: 'flock of PHP',
  family: 'kernel',
  mechanism: 'flock',
  install: { apt: ['php-cli'] },
  detect: () => commandVersion(['php', '-n', '-r', 'echo PHP_VERSION;']),
  open: () => openProgram({ id: 'php-flock', argv: ['php', '-n', '-r', SCRIPT] }),
};
