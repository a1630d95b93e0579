// The critical section of arena.mjs in Java, under FileChannel.lock (a POSIX record lock) or
// Files.createFile. Arguments: directory, id, seed, one of lock, create.

import static java.nio.file.StandardOpenOption.APPEND;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Random;

final class Contender {
  private final String id;
  private final Path path;
  private final FileChannel log;
  private final FileChannel counter;
  private final Random random;

  private Contender(Path dir, String id, long seed) throws IOException {
    this.id = id;
    path = dir.resolve("updates.lock");
    log = FileChannel.open(dir.resolve("log"), APPEND);
    counter = FileChannel.open(dir.resolve("counter"), READ, WRITE);
    random = new Random(seed);
  }

  private static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
  }

  private void pause(double ms) throws InterruptedException {
    Thread.sleep((long) ms, (int) ((ms - (long) ms) * 999_999));
  }

  // nanoTime is CLOCK_MONOTONIC on Linux, which all contenders go by.
  private void say(String verb, String rest) throws IOException {
    long pid = ProcessHandle.current().pid();
    log.write(bytes(verb + " " + id + " " + pid + " " + System.nanoTime() + rest + "\n"));
  }

  private void section(String facts) throws IOException, InterruptedException {
    say("enter", facts);
    ByteBuffer digits = ByteBuffer.allocate(12);
    counter.read(digits, 0);
    long count = Long.parseLong(new String(digits.array(), StandardCharsets.US_ASCII));
    double lingers = random.nextDouble();
    if (lingers < 0.1) pause(random.nextDouble() * (lingers < 0.01 ? 30 : 2));
    counter.write(bytes(String.format("%012d", count + 1)), 0);
    say("leave", " " + count);
  }

  private static Object inodeOf(Path file) throws IOException {
    return Files.getAttribute(file, "unix:ino");
  }

  // What is open in the directory beside the log and the counter. A forced break may have renamed the
  // locked file before it unlinked it.
  private boolean isLock(Path open) {
    String name = open.toString();
    return name.startsWith(path.getParent() + "/") && !name.endsWith("/log") && !name.endsWith("/counter");
  }

  // A channel does not show its inode; /proc does, without opening the file once more, the closing of
  // which would drop a POSIX lock.
  private Object lockedInode() throws IOException {
    try (var descriptors = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
      for (Path one : descriptors) {
        try {
          if (isLock(Files.readSymbolicLink(one))) return inodeOf(one);
        } catch (NoSuchFileException closed) {
          continue; // the descriptor of this listing
        }
      }
    }
    throw new IOException("no descriptor of " + path);
  }

  // The inode of the locked file, and whether the path names another one or none.
  private String facts() throws IOException {
    Object inode = lockedInode();
    try {
      if (inodeOf(path).equals(inode)) return " " + inode;
    } catch (NoSuchFileException gone) {
      return " " + inode + " astray";
    }
    return " " + inode + " astray";
  }

  private void locked() throws IOException, InterruptedException {
    try (FileChannel channel = FileChannel.open(path, CREATE, WRITE)) {
      channel.lock();
      section(facts());
    }
  }

  private void created() throws IOException, InterruptedException {
    for (;;) {
      try {
        Files.createFile(path);
        break;
      } catch (FileAlreadyExistsException taken) {
        pause(1 + random.nextDouble() * 4);
      }
    }
    section("");
    Files.delete(path);
  }

  public static void main(String[] words) throws IOException, InterruptedException {
    Contender one = new Contender(Path.of(words[0]), words[1], Long.parseLong(words[2]));
    for (;;) {
      one.say("want", "");
      if (words[3].equals("lock")) one.locked();
      else one.created();
      one.pause(one.random.nextDouble() * 4);
    }
  }
}
