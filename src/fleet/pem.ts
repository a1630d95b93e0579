// Certificates and keys in files. An empty file is no harmless one: to Node an authority without text is
// none, and then every authority of the system's may vouch for whoever connects.

import { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { readWhole } from '../files.js';

const MOST_BYTES = 2 ** 20;

/** PEM texts. */
export interface PemTexts {
  ca?: string;
  cert?: string;
  key?: string;
}

/** The text of a PEM file. Throws Node's own error if it cannot be read, or an Error that says what is wrong. */
export function readPem(path: string): string {
  const text = readWhole(path, MOST_BYTES, true)?.text;
  if (text === undefined) throw new Error('there is no such file');
  if (!text.includes('-----BEGIN ')) throw new Error('it is not PEM ("-----BEGIN …")');
  return text;
}

/** Throws what OpenSSL says of them if they cannot be used, each alone and together. */
export function checkPem({ ca, ...pair }: PemTexts): void {
  if (Object.keys(pair).length > 0) createSecureContext(pair);
  if (ca !== undefined) new X509Certificate(ca); // as one of a context, what is none is passed over
}
