// What the host calls its operating system.

import { readFileSync } from 'node:fs';
import { release, type as kernel } from 'node:os';
import { printable } from '../../printable.js';

/** PRETTY_NAME of /etc/os-release; the kernel's name and release where there is none. */
export function osVersion(): string {
  let text = '';
  try {
    text = readFileSync('/etc/os-release', 'utf8');
  } catch {
    // an embedded system may have none
  }
  const name = /^PRETTY_NAME=["']?([^"'\n]*)/m.exec(text)?.[1] ?? '';
  return printable(name === '' ? `${kernel()} ${release()}` : name);
}
