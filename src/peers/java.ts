// Two locks of Java: FileChannel.tryLock, which is a POSIX record lock here and so is lost when the
// machine closes any other descriptor of the file, and Files.createFile. Built from programs/java.

import { compiled } from './compiled.js';
import type { Peer } from './types.js';

export const javaLock: Peer = compiled({
  id: 'java-lock',
  name: 'FileChannel.tryLock of Java',
  family: 'kernel',
  mechanism: 'record lock (POSIX)',
  language: 'java',
  mode: 'lock',
});

export const javaExcl: Peer = compiled({
  id: 'java-excl',
  name: 'Files.createFile of Java',
  family: 'existence',
  mechanism: 'exclusive create',
  language: 'java',
  mode: 'excl',
});
