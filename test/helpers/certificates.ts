// An authority of one test, and what it signs, made by openssl(1); all gone when the test has finished.

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { scratch } from './scratch.js';

/** Paths of two PEM files. */
export interface Pair {
  cert: string;
  key: string;
}

function openssl(...args: string[]): void {
  execFileSync('openssl', args, { stdio: 'pipe', timeout: 20_000 });
}

export class Authority {
  readonly dir: string = scratch();
  readonly cert: string = join(this.dir, 'ca.pem');
  readonly #key: string = join(this.dir, 'ca.key');

  constructor() {
    const made = ['-keyout', this.#key, '-out', this.cert];
    openssl('req', '-x509', ...KEY, ...made, '-subj', '/CN=authority of a test', '-days', '2');
  }

  /** A certificate for this name, as a host's and as a client's. */
  sign(name: string): Pair {
    const at = (end: string): string => join(this.dir, `${name}.${end}`);
    const pair = { cert: at('pem'), key: at('key') };
    writeFileSync(at('ext'), `subjectAltName=DNS:${name}\n`);
    openssl('req', ...KEY, '-keyout', pair.key, '-out', at('csr'), '-subj', `/CN=${name}`);
    const by = ['-CA', this.cert, '-CAkey', this.#key, '-CAcreateserial'];
    const of = ['-in', at('csr'), '-out', pair.cert, '-extfile', at('ext'), '-days', '2'];
    openssl('x509', '-req', ...by, ...of);
    return pair;
  }
}

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** What a server of Node wants; with `clients` it lets in only whom that authority has signed. */
export function serverTls(
  { cert, key }: Pair,
  clients?: Authority,
): { cert: Buffer; key: Buffer; ca?: Buffer; requestCert?: boolean } {
  return {
    cert: readFileSync(cert),
    key: readFileSync(key),
    ...(clients && { ca: readFileSync(clients.cert), requestCert: true }),
  };
}
