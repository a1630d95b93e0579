// The machines that the package has binaries for, under the names that src/native.ts looks for.
//
// glibc 2.28 is what Node 20's own binaries need, so nothing is asked of a machine that Node does not.

/** The addon: one for each processor and C library. */
export const ADDONS = [
  { name: 'linux-x64-glibc', zig: 'x86_64-linux-gnu.2.28' },
  { name: 'linux-x64-musl', zig: 'x86_64-linux-musl' },
  { name: 'linux-arm64-glibc', zig: 'aarch64-linux-gnu.2.28' },
  { name: 'linux-arm64-musl', zig: 'aarch64-linux-musl' },
  { name: 'linux-arm-glibc', zig: 'arm-linux-gnueabihf.2.28', flags: ['-mcpu=generic+v7a'] },
  { name: 'linux-arm-musl', zig: 'arm-linux-musleabihf', flags: ['-mcpu=generic+v7a'] },
];

/** lockbridge-run: linked with musl and without shared libraries, one runs beside every C library. */
export const PROGRAMS = [
  { name: 'linux-x64', zig: 'x86_64-linux-musl' },
  { name: 'linux-arm64', zig: 'aarch64-linux-musl' },
  { name: 'linux-arm', zig: 'arm-linux-musleabihf', flags: ['-mcpu=generic+v7a'] },
];
