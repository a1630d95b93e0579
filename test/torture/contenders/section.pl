# The critical section of arena.mjs as a command, for programs that hold a lock while a command runs
# (flock(1), `lockbridge run`); with `flock` as the last argument it takes that lock itself, again and
# again. Arguments: directory, id, seed, [`flock`]

use strict;
use warnings;
use Fcntl ':flock';
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC sleep);

my ($dir, $id, $seed, $how) = (@ARGV, '');
my $path = "$dir/updates.lock";
srand($seed);

# The lock that whoever started this holds: its descriptor is inherited, whatever its number.
my $inherited;
for my $number (3 .. 63) {
  last if $how eq 'flock';
  open(my $file, '<&=', $number) or next;
  my ($device, $inode) = stat $file;
  next unless -f _ && $inode != (stat $0)[1];
  $inherited = $file;
  last;
}
die "no inherited lock" unless $how eq 'flock' || $inherited;

open(my $log, '>>', "$dir/log") or die $!;
open(my $counter, '+<', "$dir/counter") or die $!;

sub say_line {
  my ($verb, $rest) = @_;
  my $line = sprintf('%s %s %d %d %s', $verb, $id, $$, clock_gettime(CLOCK_MONOTONIC) * 1e9, $rest);
  $line =~ s/ $//;
  syswrite($log, "$line\n") or die $!;
}

# The inode of a locked file, and whether the path names another one or none.
sub facts {
  my ($locked) = @_;
  my $inode = (stat $locked)[1];
  return $inode == ((stat $path)[1] // 0) ? $inode : "$inode astray";
}

sub section {
  my ($facts) = @_;
  say_line('enter', $facts);
  sysseek($counter, 0, 0);
  sysread($counter, my $count, 12);
  my $lingers = rand();
  sleep(rand() * ($lingers < 0.01 ? 0.03 : 0.002)) if $lingers < 0.1;
  sysseek($counter, 0, 0);
  syswrite($counter, sprintf('%012d', $count + 1));
  say_line('leave', $count + 0);
}

if ($how eq 'flock') {
  while (1) {
    say_line('want', '');
    open(my $lock, '>>', $path) or die $!;
    flock($lock, LOCK_EX) or die $!;
    section(facts($lock));
    close($lock);
    sleep(rand() / 250);
  }
} else {
  section(facts($inherited));
}
