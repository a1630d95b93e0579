// One simulated device: asks for a slot until it has one, holds it, gives it back. Each request has a
// connection of its own, from an address of its own, as those of real devices would.

import { request } from 'node:http';

const TIMEOUT = 40_000;

/** One request: status, body, seconds of Retry-After, and how long it took. Never rejects. */
function ask(server, path, { id, group, from, wait }) {
  const started = performance.now();
  return new Promise((resolve) => {
    const done = (answer) =>
      resolve({ ...answer, at: performance.now(), took: performance.now() - started });
    const sent = request(new URL(path, server), {
      method: 'POST',
      agent: false,
      localAddress: from,
      timeout: TIMEOUT + (wait ?? 0) * 1000,
      headers: { 'fleet-lock-protocol': 'true', ...(wait && { prefer: `wait=${wait}` }) },
    });
    sent.on('timeout', () => sent.destroy());
    sent.on('error', () => done({ status: 0 }));
    sent.on('response', (response) => {
      let text = '';
      response.on('data', (part) => (text += part));
      response.on('error', () => done({ status: 0 }));
      response.on('end', () => {
        const after = Number(response.headers['retry-after'] ?? 0);
        done({ status: response.statusCode, after, body: JSON.parse(text) });
      });
    });
    sent.end(JSON.stringify({ client_params: { id, group } }));
  });
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Lives one device's update; `note` hears of each answer. Gives up at `until`. */
export async function device({ servers, number, group, hold, wait, until, note }) {
  const id = `device-${number.toString(16).padStart(32, '0')}`;
  const from = `127.${10 + (number >> 16)}.${(number >> 8) & 255}.${number & 255 || 1}`;
  const any = () => servers[Math.floor(Math.random() * servers.length)];
  const insist = async (path) => {
    while (performance.now() < until) {
      const answer = await ask(any(), path, {
        id,
        group,
        from,
        wait: path.includes('pre') ? wait : 0,
      });
      note({ path, group, ...answer });
      if (answer.status === 200) return answer;
      const seconds = answer.status === 0 ? 1 + 4 * Math.random() : answer.after;
      await pause(seconds * 1000 * (1 + 0.2 * Math.random()));
    }
    return undefined;
  };
  const taken = await insist('/v1/pre-reboot');
  if (taken === undefined) return false;
  await pause(hold * (0.5 + Math.random()));
  return (await insist('/v1/steady-state')) !== undefined;
}
