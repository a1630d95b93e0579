// Java's half of the matrix: FileChannel.tryLock (mode "lock") and Files.createFile (mode "excl"),
// driven by lines on the input: "hold PATH", "release PATH", "take PATH".

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;

public final class Session {
    /** What lets go of a lock. */
    private interface Held {
        void release() throws IOException;
    }

    private final boolean kernel;
    private final Map<String, Held> held = new HashMap<>();

    private Session(boolean kernel) {
        this.kernel = kernel;
    }

    public static void main(String[] args) throws IOException {
        if (args.length != 1) {
            System.out.println(System.getProperty("java.version"));
            return;
        }
        Session session = new Session(args[0].equals("lock"));
        System.out.println("ready");
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            int space = line.indexOf(' ');
            String answer;
            try {
                answer = session.answer(line.substring(0, space), line.substring(space + 1));
            } catch (IOException error) {
                answer = "error " + error.toString().replace('\n', ' ');
            }
            System.out.println(answer);
        }
    }

    private String answer(String verb, String path) throws IOException {
        if (verb.equals("release")) {
            Held lock = held.remove(path);
            if (lock == null) throw new IOException(path + " is not held");
            lock.release();
            return "released";
        }
        Held lock = kernel ? locked(path) : created(Path.of(path));
        if (lock == null) return "refused";
        if (verb.equals("take")) lock.release();
        else held.put(path, lock);
        return "acquired";
    }

    /** Closing the channel releases the lock, or ends the try. */
    private static Held locked(String path) throws IOException {
        FileChannel channel =
                FileChannel.open(
                        Path.of(path), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            if (channel.tryLock() != null) return channel::close;
        } catch (OverlappingFileLockException ours) {
            channel.close();
            return null;
        }
        channel.close();
        return null;
    }

    private static Held created(Path path) throws IOException {
        try {
            Files.createFile(path);
        } catch (FileAlreadyExistsException refused) {
            return null;
        }
        return () -> Files.delete(path);
    }
}
