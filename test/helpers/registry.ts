// A container registry with one image of two layers, spoken to by a real engine: as much of the
// distribution protocol as a pull needs. Without TLS; an EngineService takes that from 127.0.0.1.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { scratch } from './scratch.js';

const OCI = 'application/vnd.oci.image';

interface Blob {
  mediaType: string;
  digest: string;
  size: number;
}

export interface Registry {
  /** `127.0.0.1:PORT`. */
  address: string;
  /** The image's reference. */
  image: string;
  /** Paths that were asked for. */
  asked: string[];
  close(): Promise<void>;
}

function layer(name: string): Buffer {
  const dir = scratch();
  writeFileSync(join(dir, name), name.repeat(100_000));
  return execFileSync('tar', ['--create', '--directory', dir, name], { maxBuffer: 1 << 24 });
}

/** `stalls`: the first half of the second layer comes, and nothing after. Closed after the test. */
export async function registry({ stalls = false } = {}): Promise<Registry> {
  const blobs = new Map<string, Buffer>();
  const add = (mediaType: string, content: Buffer): Blob => {
    const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
    blobs.set(digest, content);
    return { mediaType, digest, size: content.length };
  };
  const layers = ['one', 'two'].map((name) => add(`${OCI}.layer.v1.tar`, layer(name)));
  const stalled = stalls ? layers[1]?.digest : undefined;
  const config = {
    architecture: process.arch === 'x64' ? 'amd64' : process.arch,
    os: 'linux',
    config: { Cmd: ['/one'] },
    rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => digest) },
  };
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: `${OCI}.manifest.v1+json`,
      config: add(`${OCI}.config.v1+json`, Buffer.from(JSON.stringify(config))),
      layers,
    }),
  );

  const asked: string[] = [];
  const server = createServer(({ url = '' }: IncomingMessage, response: ServerResponse) => {
    asked.push(url);
    const digest = /\/blobs\/(.*)$/.exec(url)?.[1];
    const blob = digest === undefined ? undefined : blobs.get(digest);
    if (url === '/v2/') response.end('{}');
    else if (url.endsWith('/thing/manifests/1'))
      response.setHeader('content-type', `${OCI}.manifest.v1+json`).end(manifest);
    else if (blob === undefined)
      response.writeHead(404).end('{"errors":[{"code":"MANIFEST_UNKNOWN","message":"none"}]}');
    else {
      response.setHeader('content-length', blob.length);
      if (digest === stalled) response.write(blob.subarray(0, blob.length / 2));
      else response.end(blob);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  };
  onTestFinished(close);
  const address = `127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  return { address, image: `${address}/thing:1`, asked, close };
}
