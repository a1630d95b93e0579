// Devices that take a slot, hold it for a moment and give it back, a number of times each, from servers
// that may be killed meanwhile; some cut their connection before the answer and ask again. What each
// asked and was told goes into the history.

import { request } from 'node:http';
import type { Call } from './check.js';

export interface Behaviour {
  group: string;
  devices: number;
  /** How often each takes a slot and gives it back. */
  times: number;
  /** Milliseconds that a slot is held, at most. */
  hold: number;
  /** How many of a hundred requests lose their answer. */
  lost: number;
  /** Seconds that a device is content to wait in one request. */
  wait?: number;
}

/** Where the servers are now; it may change while devices ask. */
export type Servers = () => readonly string[];

interface Answer {
  status: number;
  body: { grant?: string; kind?: string };
}

const PATIENCE = 15_000;

/** One request; rejects if there is no answer. `cut` ends it after so many milliseconds. */
export async function ask(
  server: string,
  path: string,
  params: { id: string; group: string },
  { cut, wait = 0 }: { cut?: number; wait?: number } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(new URL(path, server), {
      method: 'POST',
      agent: false,
      headers: {
        'fleet-lock-protocol': 'true',
        ...(wait > 0 && { prefer: `wait=${String(wait)}` }),
      },
    });
    const timer = setTimeout(() => {
      sent.destroy(new Error('cut'));
    }, cut ?? PATIENCE);
    sent.on('error', reject);
    sent.on('close', () => {
      clearTimeout(timer);
    });
    sent.on('response', (response) => {
      let text = '';
      response.on('data', (part) => (text += String(part)));
      response.on('error', reject);
      response.on('end', () => {
        try {
          resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) });
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      });
    });
    sent.end(JSON.stringify({ client_params: params }));
  });
}

/** Runs all devices to their end, and gives the history. Gives up when `until` has passed. */
export async function runDevices(
  servers: Servers,
  behaviour: Behaviour,
  until: number,
): Promise<Call[]> {
  const calls: Call[] = [];
  const one = async (id: string): Promise<void> => {
    for (let time = 0; time < behaviour.times; time++) {
      await repeat(id, 'take');
      await pause(Math.random() * behaviour.hold);
      await repeat(id, 'give-back');
    }
  };
  const repeat = async (device: string, what: Call['what']): Promise<void> => {
    for (;;) {
      const call = await tell(device, what);
      calls.push(call);
      if (call.result === 'ok') return;
      if (performance.now() > until) throw new Error(`device ${device} gave up: ${what}`);
      await pause(5 + Math.random() * 40);
    }
  };
  const tell = async (device: string, what: Call['what']): Promise<Call> => {
    const all = servers();
    const server = all[Math.floor(Math.random() * all.length)] ?? '';
    const path = what === 'take' ? '/v1/pre-reboot' : '/v1/steady-state';
    const isLost = Math.random() * 100 < behaviour.lost;
    const from = performance.now();
    const done = (result: Call['result'], grant?: string): Call => {
      return { device, what, from, to: performance.now(), result, ...(grant && { grant }) };
    };
    try {
      const { status, body } = await ask(
        server,
        path,
        { id: device, group: behaviour.group },
        {
          ...(isLost && { cut: Math.random() * 20 }),
          ...(behaviour.wait && { wait: behaviour.wait }),
        },
      );
      if (status === 200) return done('ok', body.grant);
      return done(status === 423 ? 'full' : 'unknown');
    } catch {
      return done('unknown');
    }
  };
  await Promise.all(
    Array.from({ length: behaviour.devices }, async (_, at) => one(`device-${String(at)}`)),
  );
  return calls;
}

async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}
