// The FleetLock protocol, as Zincati speaks it and as airlock and poseidon/fleetlock serve it: two POST
// requests with the same body. 200 with any body is a yes; every other answer has a JSON error.

import { z } from 'zod';

/** Takes a slot, or says that one is held already: asking again is no second slot. */
export const PRE_REBOOT = '/v1/pre-reboot';
/** Gives the slot back, or says that none was held. */
export const STEADY_STATE = '/v1/steady-state';
/** Guards against requests of a browser: a server refuses what does not have it. */
export const PROTOCOL_HEADER = 'fleet-lock-protocol';
export const DEFAULT_GROUP = 'default';

/** A group's name: what the protocol allows, which servers use in URLs, keys and labels. */
export const GROUP_NAME: RegExp = /^[a-zA-Z0-9.-]+$/;

// Of control characters each takes six bytes: with the most slots that a group can have, holders of such
// ids would be more than etcd takes for one value, and nobody of the group could give back.
const MOST_ID_BYTES = 1024;
const id = z
  .string()
  .min(1)
  .max(256)
  .refine((text) => Buffer.byteLength(JSON.stringify(text)) <= MOST_ID_BYTES);

/** What both requests say: who asks (any text that is the same after a reboot), and of which group. */
export interface FleetRequest {
  client_params: { id: string; group: string };
}
export const request: z.ZodType<FleetRequest> = z.object({
  client_params: z.object({
    id,
    group: z.string().max(128).regex(GROUP_NAME),
  }),
});

/** Any error: `kind` is one of a few words, for programs; `value` a sentence, for people. */
export interface FleetFailure {
  kind: string;
  value: string;
}
export const failure: z.ZodType<FleetFailure> = z.object({
  kind: z.string().max(200),
  value: z.string().max(10_000),
});
