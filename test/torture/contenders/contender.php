<?php
// The critical section of arena.mjs in PHP, under flock. Arguments: directory, id, seed.

[, $dir, $id, $seed] = $argv;
$path = "$dir/updates.lock";
$log = fopen("$dir/log", 'a');
$counter = fopen("$dir/counter", 'r+');
stream_set_read_buffer($counter, 0);
mt_srand((int) $seed);

function chance(): float
{
    return mt_rand() / mt_getrandmax();
}

function pause(float $ms): void
{
    usleep((int) ($ms * 1000));
}

function say(string $verb, string $rest = ''): void
{
    global $log, $id;
    fwrite($log, "$verb $id " . getmypid() . ' ' . hrtime(true) . "$rest\n");
}

function section(string $facts): void
{
    global $counter;
    say('enter', $facts);
    fseek($counter, 0);
    $count = (int) fread($counter, 12);
    $lingers = chance();
    if ($lingers < 0.1) {
        pause(chance() * ($lingers < 0.01 ? 30 : 2));
    }
    fseek($counter, 0);
    fwrite($counter, sprintf('%012d', $count + 1));
    say('leave', " $count");
}

/** The inode of a locked file, and whether the path names another one or none. */
function facts($locked): string
{
    global $path;
    $inode = fstat($locked)['ino'];
    clearstatcache();
    $named = @stat($path);
    return $named !== false && $named['ino'] === $inode ? " $inode" : " $inode astray";
}

for (;;) {
    say('want');
    $lock = fopen($path, 'c');
    if ($lock === false || !flock($lock, LOCK_EX)) {
        exit(1); // PHP has said why
    }
    section(facts($lock));
    fclose($lock);
    pause(chance() * 4);
}
