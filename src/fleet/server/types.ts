// What a fleet server is made of: its options, and what its parts know of each other.

import type { Store } from '../store/types.js';
import type { GroupOptions, OnEvent } from './group-types.js';
import type { Group } from './group.js';
import type { Limits } from './limits.js';
import type { Metrics } from './metrics.js';

export interface ListenAt {
  host: string;
  /** 0: any that is free. */
  port: number;
}

/** PEM texts. */
export interface Tls {
  cert: string;
  key: string;
  /** Devices must show a certificate that one of these has signed. */
  clientCa?: string;
  /** … and ask only for the id that is its common name. */
  matchId?: boolean;
}

export interface FleetServerOptions {
  store: Store;
  groups: readonly GroupOptions[];
  listen: ListenAt;
  tls?: Tls;
  /** Serves `/metrics` and `/health` there, without TLS and to whoever can reach it. */
  status?: ListenAt;
  limits?: Partial<Limits>;
  onEvent?: OnEvent;
  /** Defects of ours, and a store that fails or is back: one line each. */
  onWarning: (text: string) => void;
}

export interface FleetServer {
  /** `https://10.0.0.1:8443` */
  readonly address: string;
  readonly statusAddress: string | undefined;
  /** Listens no more, refuses who waits, and gives answers under way two seconds. */
  close(): Promise<void>;
}

export interface Context {
  groups: ReadonlyMap<string, Group>;
  limits: Limits;
  metrics: Metrics;
  matchId: boolean;
}
