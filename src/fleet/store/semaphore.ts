// The semaphore of one group: who holds which slot, since when. Pure: nothing here waits, writes, or asks
// what time it is.
//
// Guarantee: what is made here never has more holders than slots, one slot twice, or one device twice. A
// number of slots that was lowered takes no slot away: the surplus ends as its holders give back.

import { z } from 'zod';
import { GROUP_NAME } from '../protocol.js';

/** One slot that is held. */
export interface Holder {
  /** Whose it is: the device's id, as it says it. */
  id: string;
  /** Of this one grant; the same device gets another the next time. */
  grant: string;
  /** From 0; below the number of slots when it was granted. */
  slot: number;
  /** RFC 3339, by the clock of the server that granted it. */
  since: string;
}

export interface Semaphore {
  /** How many there are, as the server that wrote last has it. */
  slots: number;
  holders: readonly Holder[];
}

/** Slots of one group: as many as are of use, and few enough for one value in etcd (1.5 MiB at most). */
export const MOST_SLOTS = 1000;

export const EMPTY: Semaphore = { slots: 0, holders: [] };

/** What a store has of a group. Strict: what a later version writes is not to be lost in silence. */
export const storedSemaphore: z.ZodType<Semaphore> = z
  .strictObject({
    slots: z.int().min(0).max(MOST_SLOTS),
    holders: z
      .array(
        z.strictObject({
          id: z.string().min(1).max(256),
          grant: z.string().regex(/^[0-9a-f]{12}$/),
          slot: z.int().min(0).max(MOST_SLOTS),
          since: z.iso.datetime(),
        }),
      )
      .max(MOST_SLOTS),
  })
  .refine(({ holders }) => distinct(holders), 'a slot, a device or a grant is there twice');

export const groupName: z.ZodType<string> = z.string().max(128).regex(GROUP_NAME);

function distinct(holders: readonly Holder[]): boolean {
  return (['id', 'grant', 'slot'] as const).every(
    (field) => new Set(holders.map((holder) => holder[field])).size === holders.length,
  );
}

/** Who wants a slot, and what the grant is to be called. */
export interface Claim {
  id: string;
  grant: string;
  since: string;
}

/** A slot for the claim: the one that its device has already, or the lowest that is free, if any is. */
export function take(
  now: Semaphore,
  claim: Claim,
  slots: number,
): { next: Semaphore; held: Holder | undefined } {
  const { holders } = now;
  const held = holders.find(({ id }) => id === claim.id);
  if (held !== undefined) return { next: now, held };
  if (holders.length >= slots) return { next: now, held: undefined };
  const taken = new Set(holders.map(({ slot }) => slot));
  let slot = 0;
  while (taken.has(slot)) slot++;
  const made = { ...claim, slot };
  return { next: { slots, holders: [...holders, made] }, held: made };
}

/** Without the holders that are meant, and those. */
export function without(
  now: Semaphore,
  meant: (holder: Holder) => boolean,
): { next: Semaphore; gone: readonly Holder[] } {
  const gone = now.holders.filter(meant);
  if (gone.length === 0) return { next: now, gone };
  return { next: { ...now, holders: now.holders.filter((one) => !meant(one)) }, gone };
}
