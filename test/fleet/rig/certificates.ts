// A certificate authority of the test's own, and certificates that it has signed.

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Pair {
  cert: string;
  key: string;
}

function openssl(...args: string[]): void {
  execFileSync('openssl', args, { stdio: 'pipe', timeout: 20_000 });
}

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

export class Authority {
  readonly ca: string;
  readonly #dir: string;
  readonly #name: string;

  /** Files of it lie in `dir`. */
  constructor(dir: string, name = 'ca') {
    this.#dir = dir;
    this.#name = name;
    this.ca = join(dir, `${name}.pem`);
    const key = join(dir, `${name}.key`);
    openssl(
      'req',
      '-x509',
      ...KEY,
      '-days',
      '2',
      '-subj',
      `/CN=${name}`,
      '-keyout',
      key,
      '-out',
      this.ca,
    );
  }

  /** For a server at 127.0.0.1 and for a client alike, under that common name. */
  sign(name: string, address = '127.0.0.1'): Pair {
    const file = (end: string): string => join(this.#dir, `${this.#name}-${name}.${end}`);
    const [key, cert] = [file('key'), file('pem')];
    openssl('req', ...KEY, '-subj', `/CN=${name}`, '-keyout', key, '-out', file('csr'));
    const usage = `subjectAltName=IP:${address}\nextendedKeyUsage=serverAuth,clientAuth\n`;
    writeFileSync(file('ext'), usage);
    const by = ['-CA', this.ca, '-CAkey', join(this.#dir, `${this.#name}.key`), '-CAcreateserial'];
    openssl(
      'x509',
      '-req',
      '-in',
      file('csr'),
      ...by,
      '-days',
      '2',
      '-extfile',
      file('ext'),
      '-out',
      cert,
    );
    return { cert, key };
  }
}
