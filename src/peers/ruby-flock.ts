// File#flock of Ruby, as its manual shows it: the file is created and never removed.

import { openProgram } from './program-session.js';
import type { Peer } from './types.js';
import { commandVersion } from './version.js';

const SCRIPT = String.raw`
$stdout.sync = true
held = {}
release = ->(path) { held.delete(path).close }
hold = lambda do |path|
  file = File.open(path, File::RDWR | File::CREAT, 0o644)
  if file.flock(File::LOCK_EX | File::LOCK_NB)
    held[path] = file
    next 'acquired'
  end
  file.close
  'refused'
end
puts 'ready'
$stdin.each_line(chomp: true) do |line|
  verb, path = line.split(' ', 2)
  answer = begin
    if verb == 'release'
      release.(path)
      'released'
    else
      got = hold.(path)
      release.(path) if verb == 'take' && got == 'acquired'
      got
    end
  rescue SystemCallError, IOError => e
    "error #{e.class}: #{e.message}"
  end
  puts answer.split.join(' ')
end
`;

export const rubyFlock: Peer = {
  id: 'ruby-flock',
  name: 'File#flock of Ruby',
  family: 'kernel',
  mechanism: 'flock',
  install: { apt: ['ruby'] },
  detect: () => commandVersion(['ruby', '-e', 'print RUBY_VERSION']),
  open: () =>
    openProgram({ id: 'ruby-flock', argv: ['ruby', '--disable=gems,did_you_mean', '-e', SCRIPT] }),
};
