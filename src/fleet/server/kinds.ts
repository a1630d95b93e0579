// Every kind of error that a fleet server answers with, in one table. The set is closed: clients count
// them in metrics, and the protocol demands a small number. Words as in the protocol's own example.

/** The kinds, and the status that each is answered with. */
export const KINDS = {
  /** Not HTTP, not a URL, or a body that is not JSON. */
  malformed: 400,
  /** A field is missing or not usable. */
  invalid: 400,
  /** The header that tells a client of this protocol from a browser is not there. */
  no_protocol_header: 400,
  /** This server serves no such group. */
  unknown_group: 400,
  /** The certificate is another device's. */
  wrong_certificate: 403,
  not_found: 404,
  method_not_allowed: 405,
  /** The request took too long to send. */
  timeout: 408,
  too_large: 413,
  uri_too_long: 414,
  expectation_failed: 417,
  /** All slots of the group are taken: Retry-After says when to ask again. */
  failed_lock_semaphore_full: 423,
  /** This address asks too often. */
  too_many_requests: 429,
  headers_too_large: 431,
  /** etcd or the state file failed: it may have happened, so ask again. */
  store_unavailable: 503,
  /** A defect of ours: the log has more. */
  internal: 500,
} as const;

export type Kind = keyof typeof KINDS;

/** An error as it is answered. `value` is one line for people. */
export class FleetError extends Error {
  override readonly name = 'FleetError';
  readonly kind: Kind;
  /** Seconds, for the header of that name. */
  readonly retryAfter: number | undefined;

  constructor(kind: Kind, value: string, retryAfter?: number) {
    super(value);
    this.kind = kind;
    this.retryAfter = retryAfter;
  }
}
