// The page for people: four files that say nothing about this device, so they need no key. What the
// page shows it asks for with the key that is typed into it.
//
// Everything comes from here and nothing else may: no script or style within the markup, no frame
// around it, and markup is never made of text (Trusted Types, where the browser knows them).

import { readFileSync } from 'node:fs';
import type { Server } from '../context.js';
import { ApiError } from '../kinds.js';

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

const HEADERS = {
  'content-security-policy': POLICY,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
};

// Built by scripts/build-ts.mjs; found from src/ as well, for tests.
const BUILT = new URL('../../../../dist/supervisor/page/', import.meta.url);

const FILES: readonly (readonly [path: string, file: string, type: string])[] = [
  ['/', 'index.html', 'text/html; charset=utf-8'],
  ['/page/page.css', 'page.css', 'text/css; charset=utf-8'],
  ['/page/page.js', 'page.js', 'text/javascript; charset=utf-8'],
  ['/page/icon.svg', 'icon.svg', 'image/svg+xml; charset=utf-8'],
];

export function pageRoutes(app: Server): void {
  for (const [path, file, type] of FILES) {
    const content = readFileSync(new URL(file, BUILT));
    app.get(path, { config: { open: true }, schema: { hide: true } }, ({ raw }, reply) => {
      // The router takes `GET *` for the root.
      if (raw.url === '*') throw new ApiError('not-found', 'there is nothing at this path');
      return reply.headers(HEADERS).type(type).send(content);
    });
  }
}
