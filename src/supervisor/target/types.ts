// What is to run: the target state, after reading and checking, whatever form it came in.

/** Everything that one device is to run. */
export interface TargetState {
  name: string;
  /** Config variables, e.g. `SUPERVISOR_OVERRIDE_LOCK`. */
  config: Readonly<Record<string, string>>;
  apps: readonly AppTarget[];
}

export interface AppTarget {
  /** A directory name below the lock root; digits where balena's clients are to be served. */
  id: string;
  name: string;
  /** Names what is to run: a commit, or a digest of the services where none was given. */
  release: string;
  services: readonly ServiceTarget[];
  update: UpdatePolicy;
}

export interface ServiceTarget {
  name: string;
  /** Numbers that balena's clients ask by. */
  serviceId: number;
  imageId: number;
  image?: string;
  /** As words, never for a shell. */
  command?: readonly string[];
  environment: Readonly<Record<string, string>>;
  labels: Readonly<Record<string, string>>;
  volumes: readonly Mount[];
  workingDir?: string;
  /** False: it is part of the release, but is not to run. */
  running: boolean;
  restart: 'always' | 'on-failure' | 'no';
  /** Milliseconds between SIGTERM and SIGKILL. */
  stopGrace: number;
}

/** `source` is a path of the host (absolute) or the name of a volume that the driver keeps. */
export interface Mount {
  source: string;
  target: string;
  readOnly: boolean;
}

/** When an update may be applied, and what happens when nobody lets it. */
export interface UpdatePolicy {
  /** Milliseconds to wait for the locks at the most; for ever if absent. */
  maxWait?: number;
  /** What then: leave the update until something changes, or override the locks. */
  then: 'give-up' | 'force';
  /** Updates are applied only inside one of these; always if there are none. */
  windows: readonly MaintenanceWindow[];
  /** What the existence lock of a service counts as that is not running. */
  exitedServices: 'held' | 'stale';
  /** The directory on the host that the app knows as /data: `resin-updates.lock` there counts too. */
  dataDir?: string;
}

/** Opens at each time that the cron pattern names, for `length` milliseconds. */
export interface MaintenanceWindow {
  cron: string;
  length: number;
  /** IANA name; the machine's zone if absent. */
  timezone?: string;
}
