// Filesystems whose locks behave otherwise than a local one's, recognised by their statfs(2) magic.
// What a filesystem can be asked (links, attributes, leases) is asked, not looked up here: this is
// what no single machine can find out by trying.

import type { Mount } from './mounts.js';

export interface Behaviour {
  /** What people call it. */
  name: string;
  /** What it does with locks; absent where it does what a local filesystem should. */
  text?: string;
  cost?: string;
  remedy?: string;
}

const LOCAL = 'keep locks on a local filesystem, such as a tmpfs (/run, /tmp)';

const NETWORK = {
  cost: 'a lock of another machine shows only by its refusal: who holds it, who waits for it and when it goes cannot be told from here',
  remedy: LOCAL,
};

const NO_UNIX = {
  text: 'it keeps neither owners, modes nor hard links',
  cost: 'every user may do with a lock what the mount allows, and a lock has its name a moment before it is complete',
  remedy: LOCAL,
};

const TABLE: Readonly<Record<number, Behaviour>> = {
  0x6969: {
    name: 'NFS',
    text: 'flock is a record lock at the server there, and leases and inotify know this machine only (flock(2), inotify(7))',
    ...NETWORK,
  },
  0x517b: smb('SMB'),
  0xff534d42: smb('CIFS'),
  0xfe534d42: smb('SMB'),
  0x01021997: {
    name: '9p',
    text: 'it lies in another kernel: inotify does not see what is done there, and locks reach it only if it implements them',
    cost: 'programs on the other side of the mount may neither be refused nor be seen',
    remedy: LOCAL,
  },
  0x00c36400: { name: 'Ceph', text: 'it is shared by machines', ...NETWORK },
  0x5346414f: { name: 'AFS', text: 'it is shared by machines', ...NETWORK },
  0x65735546: {
    name: 'FUSE',
    text: 'locks, leases and inotify are those of this mount unless its program forwards them',
    cost: 'who opens the same file below the mount, by another mount or on another machine is neither refused nor seen',
    remedy: LOCAL,
  },
  0x794c7630: {
    name: 'overlayfs',
    text: 'what is made here lies in the upper layer of this mount alone, as in the root of a container',
    cost: 'nobody outside that container sees a lock here, and two containers of one image have two',
    remedy: 'put the lock in a volume or bind mount that all parties have',
  },
  0x4d44: { name: 'FAT', ...NO_UNIX },
  0x2011bab0: { name: 'exFAT', ...NO_UNIX },
  0xef53: { name: 'ext4' },
  0x58465342: { name: 'XFS' },
  0x9123683e: { name: 'Btrfs' },
  0xf2f52010: { name: 'F2FS' },
  0x2fc12fc1: { name: 'ZFS' },
  0x01021994: { name: 'tmpfs' },
  0x858458f6: { name: 'ramfs' },
};

function smb(name: string): Behaviour {
  return {
    name,
    text: 'kernel locks are byte-range locks at the server, which may keep others from reading as well',
    ...NETWORK,
  };
}

/** How the filesystem with this statfs magic behaves, mounted like this. */
export function behaviourOf(magic: number, mount: Mount | undefined): Behaviour {
  const known = TABLE[magic >>> 0]; // f_type is signed where long has 32 bits
  if (known === undefined) return { name: mount?.type ?? `0x${(magic >>> 0).toString(16)}` };
  const name = known.text === undefined || mount === undefined ? known.name : mount.type;
  // nfs(5) `nolock`, `local_lock=`; mount.cifs(8) `nobrl`: locks are then not sent to the server.
  const local = mount?.options.find((option) => /^(nolock|nobrl|local_lock=(?!none))/.test(option));
  if (local === undefined) return { ...known, name };
  return {
    ...known,
    name,
    text: `it is mounted with ${local}: kernel locks are not sent to the server`,
    cost: 'a kernel lock of another machine refuses nobody here, and ours nobody there',
  };
}
