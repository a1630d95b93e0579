// What the binaries need of a C++ library, as sources: the few files of zig's libc++ that hold strings,
// hashes, mutexes, shared pointers and the guards of statics, and native/run/abort.cc for what would
// throw. The whole library takes a minute for each target and brings an unwinder and a demangler as large
// as the addon. Nothing of it is exported, so that it never meets the C++ library that Node itself is
// linked with.

import { join } from 'node:path';

const LIBCXX = [
  ...['string', 'hash', 'functional', 'memory', 'new_helpers', 'call_once'],
  ...['mutex', 'mutex_destructor', 'condition_variable', 'condition_variable_destructor'],
];
const LIBCXXABI = ['cxa_guard', 'abort_message'];

/** The sources and the flags to compile them with, from the `lib` directory of zig. */
export function librarySources(lib) {
  const from = (dir, names) => names.map((name) => join(lib, dir, `src/${name}.cpp`));
  return {
    sources: [...from('libcxx', LIBCXX), ...from('libcxxabi', LIBCXXABI)],
    flags: [
      ...['-std=c++23', '-DNDEBUG', '-D_LIBCPP_BUILDING_LIBRARY', '-DLIBCXX_BUILDING_LIBCXXABI'],
      ...['libcxx/src', 'libcxx/libc', 'libcxxabi/src'].map((dir) => `-I${join(lib, dir)}`),
    ],
  };
}
