// Asking the supervisor that this page came from. The key goes into a header and nowhere else.

import type { JournalEntry, LockReport, Status } from '../types.js';

const MOST_ENTRIES = 2000;

/** The supervisor refused, or does not answer (status 0). `message` is one line for people. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** All that the page shows, as it was at one moment. */
export interface Snapshot {
  status: Status;
  locks: LockReport[];
  /** By how many milliseconds the supervisor's clock is ahead of this browser's. */
  ahead: number;
}

export class Api {
  readonly #key: string;

  constructor(key: string) {
    this.#key = key;
  }

  async snapshot(): Promise<Snapshot> {
    const [answer, { locks }] = await Promise.all([
      this.#ask('GET', 'status'),
      this.#json<{ locks: LockReport[] }>('locks'),
    ]);
    const ahead = aheadBy(answer.headers.get('date'));
    return { status: (await answer.json()) as Status, locks, ahead };
  }

  /** The latest entries of the journal, the oldest first. */
  async history(): Promise<JournalEntry[]> {
    const path = `history?most=${String(MOST_ENTRIES)}`;
    return (await this.#json<{ entries: JournalEntry[] }>(path)).entries;
  }

  /** The body of `/events`, once it has begun. */
  async events(signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    const { body } = await this.#ask('GET', 'events', undefined, signal);
    if (body === null) throw new Refusal(0, 'the supervisor sends no events');
    return body;
  }

  async update(force: boolean): Promise<void> {
    await this.#ask('POST', 'v1/update', { force });
  }

  async setOverride(on: boolean): Promise<void> {
    await this.#ask('PUT', 'override', { on });
  }

  async #json<T>(path: string): Promise<T> {
    return (await (await this.#ask('GET', path)).json()) as T;
  }

  async #ask(method: string, path: string, body?: object, signal?: AbortSignal): Promise<Response> {
    const response = await fetch(path, {
      method,
      headers: {
        authorization: `Bearer ${this.#key}`,
        ...(body && { 'content-type': 'application/json' }),
      },
      cache: 'no-store',
      credentials: 'omit',
      redirect: 'error',
      ...(body && { body: JSON.stringify(body) }),
      ...(signal && { signal }),
    }).catch((cause: unknown) => {
      throw new Refusal(0, cause instanceof Error ? cause.message : String(cause));
    });
    if (!response.ok) throw new Refusal(response.status, await whyOf(response));
    return response;
  }
}

// The header has whole seconds: less than two are no difference.
function aheadBy(date: string | null): number {
  const ahead = Date.parse(date ?? '') - Date.now();
  return Math.abs(ahead) < 2000 || Number.isNaN(ahead) ? 0 : ahead;
}

async function whyOf(response: Response): Promise<string> {
  const text = await response.text().catch(() => '');
  try {
    const { value } = JSON.parse(text) as { value?: unknown };
    if (typeof value === 'string') return value;
  } catch {
    // bare text, as balena's clients know it
  }
  return text || `status ${String(response.status)}`;
}
