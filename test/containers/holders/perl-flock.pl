# Perl, the built-in flock. The file stays behind when it ends.

use strict;
use warnings;
use Fcntl qw(:flock);

open(my $file, '>>', $ARGV[0]) or die $!;
flock($file, LOCK_EX | LOCK_NB) or die $!;
$| = 1;
print "held\n";
<STDIN>;
