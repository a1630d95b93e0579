# Perl, LockFile::Simple: an exclusive create; the file names its pid.

use strict;
use warnings;
use LockFile::Simple;

my $manager = LockFile::Simple->make(-format => '%f', -max => 1, -autoclean => 1);
my $lock = $manager->trylock($ARGV[0]) or die "locked\n";
$| = 1;
print "held\n";
<STDIN>;
$lock->release;
