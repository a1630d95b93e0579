// Three locks of Rust: the standard library's (since 1.89), the crate fs4, and an exclusive create.
// Built from programs/rust, which needs a newer Rust than Debian 12 has.

import { compiled } from './compiled.js';
import type { Peer } from './types.js';

export const rustStd: Peer = compiled({
  id: 'rust-std',
  name: 'File::try_lock of Rust',
  family: 'kernel',
  mechanism: 'flock',
  language: 'rust',
  mode: 'std',
});

export const rustFs4: Peer = compiled({
  id: 'rust-fs4',
  name: 'fs4 of Rust',
  family: 'kernel',
  mechanism: 'flock',
  language: 'rust',
  mode: 'fs4',
});

export const rustExcl: Peer = compiled({
  id: 'rust-excl',
  name: 'File::create_new of Rust',
  family: 'existence',
  mechanism: 'exclusive create',
  language: 'rust',
  mode: 'excl',
});
