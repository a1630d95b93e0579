// flock of Perl, as perldoc -f flock shows it: the file is opened for appending and never removed.

import { detectPerl, openPerl } from './perl.js';
import type { Peer } from './types.js';

const SCRIPT = String.raw`
use Fcntl ':flock';
my %held;
sub hold {
  my ($path) = @_;
  open my $file, '>>', $path or return "error cannot open: $!";
  if (flock $file, LOCK_EX | LOCK_NB) { $held{$path} = $file; return 'acquired' }
  return $!{EWOULDBLOCK} ? "refused $!" : "error $!";
}
sub let_go { close delete $held{$_[0]} or die "cannot close: $!" }
`;

export const perlFlock: Peer = {
  id: 'perl-flock',
  name: 'flock of Perl',
  family: 'kernel',
  mechanism: 'flock',
  install: { apt: ['perl'] },
  detect: () => detectPerl('printf "perl %vd", $^V', 'Perl does not run'),
  open: () => openPerl('perl-flock', SCRIPT),
};
