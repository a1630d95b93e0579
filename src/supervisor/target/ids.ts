// Numbers for what has none, because balena's clients ask for services by number: made from the name,
// so that they stay the same when other services come and go, and from one boot to the next.

import { createHash } from 'node:crypto';

const MOST = 2 ** 31 - 1;

/** A number from 1 to 2³¹-1 that depends on the text alone. */
export function numberOf(text: string): number {
  return 1 + (createHash('sha256').update(text).digest().readUInt32BE() % MOST);
}

/** A service as it was written, where the numbers may be missing. */
export interface Numbered {
  name: string;
  serviceId?: number;
  imageId?: number;
}

/**
 * Gives every service of an app a number of its own. Two that collide (one in two billion) are set
 * apart in the order of their names. An image that has no number gets that of its service.
 */
export function numbered<T extends Numbered>(
  app: string,
  services: readonly T[],
): (T & Required<Numbered>)[] {
  const given = services.flatMap(({ serviceId }) => serviceId ?? []);
  const taken = new Set(given);
  const ids = new Map<string, number>();
  for (const { name } of services.filter((one) => one.serviceId === undefined).sort(byName)) {
    let id = numberOf(`${app}/${name}`);
    while (taken.has(id)) id = (id % MOST) + 1;
    taken.add(id);
    ids.set(name, id);
  }
  return services.map((service) => {
    const serviceId = service.serviceId ?? ids.get(service.name) ?? 0;
    return { ...service, serviceId, imageId: service.imageId ?? serviceId };
  });
}

function byName(a: Numbered, b: Numbered): number {
  return a.name < b.name ? -1 : 1;
}
