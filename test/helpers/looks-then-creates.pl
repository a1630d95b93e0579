# LockFile::Simple, stopped between its look for the file and its open for writing: says `looked`,
# goes on at the next line of its input, and releases at the one after that.

use strict;
use warnings;
use Symbol 'qualify_to_ref';

BEGIN {
  $| = 1;
  *CORE::GLOBAL::open = sub (*;$) {
    my ($name, $what) = @_;
    if ($what =~ /^>/) { print "looked\n"; <STDIN> }
    return CORE::open(qualify_to_ref($name, caller), $what);
  };
}
use LockFile::Simple;

my $locks = LockFile::Simple->make(-format => '%f', -max => 1, -delay => 0);
print $locks->trylock($ARGV[0]) ? "acquired\n" : "refused\n";
<STDIN>;
$locks->unlock($ARGV[0]);
