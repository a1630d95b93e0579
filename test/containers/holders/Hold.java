// Java: FileChannel.lock, a POSIX record lock. The file stays behind when it ends.

import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

class Hold {
  public static void main(String[] args) throws Exception {
    try (FileChannel file =
        FileChannel.open(Path.of(args[0]), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      file.lock();
      System.out.println("held");
      System.in.read();
    }
  }
}
