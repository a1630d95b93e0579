// A page of a stranger's can make a browser on this machine call us under a name that it has pointed
// at 127.0.0.1 (DNS rebinding). Such a name has a dot in it. So: over TCP the Host header must be an
// IP address, a name without a dot (`localhost`, a container network's `lockbridge`), or below
// `.localhost`. The key protects all the same; this keeps strangers from even asking.

import { isIP } from 'node:net';
import { ApiError } from './kinds.js';

const AUTHORITY = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9_.-]+))(?::\d{1,5})?$/i;

function ours(host: string): boolean {
  const [, six, name = ''] = AUTHORITY.exec(host) ?? [];
  if (six !== undefined) return isIP(six) === 6;
  return isIP(name) === 4 || /^[a-z0-9_-]+$/i.test(name) || /\.localhost$/i.test(name);
}

/** Throws unless there is exactly one Host header, and it can mean this machine. */
export function checkHost(rawHeaders: readonly string[]): void {
  const hosts = rawHeaders.filter(
    (_, at) => rawHeaders[at - 1]?.toLowerCase() === 'host' && at % 2 === 1,
  );
  const [host, second] = hosts;
  if (host === undefined || second !== undefined)
    throw new ApiError('malformed', 'the request must have one Host header');
  if (!ours(host))
    throw new ApiError(
      'wrong-host',
      'the Host header must be an IP address or a name without a dot',
    );
}
