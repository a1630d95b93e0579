# The critical section of arena.mjs in Ruby, under File#flock. Arguments: directory, id, seed.

DIR, ID, seed = ARGV
PATH = File.join(DIR, 'updates.lock')
LOG = File.open(File.join(DIR, 'log'), 'a')
COUNTER = File.open(File.join(DIR, 'counter'), 'r+')
RANDOM = Random.new(seed.to_i)

def say(verb, rest = '')
  now = Process.clock_gettime(Process::CLOCK_MONOTONIC, :nanosecond)
  LOG.syswrite("#{verb} #{ID} #{Process.pid} #{now}#{rest}\n")
end

def section(facts)
  say('enter', facts)
  count = COUNTER.pread(12, 0).to_i
  lingers = RANDOM.rand
  sleep(RANDOM.rand * (lingers < 0.01 ? 0.03 : 0.002)) if lingers < 0.1
  COUNTER.pwrite(format('%012d', count + 1), 0)
  say('leave', " #{count}")
end

# The inode of a locked file, and whether the path names another one or none.
def facts(locked)
  inode = locked.stat.ino
  File.stat(PATH).ino == inode ? " #{inode}" : " #{inode} astray"
rescue Errno::ENOENT
  " #{inode} astray"
end

loop do
  say('want')
  File.open(PATH, File::RDWR | File::CREAT) do |lock|
    lock.flock(File::LOCK_EX)
    section(facts(lock))
  end
  sleep(RANDOM.rand / 250)
end
