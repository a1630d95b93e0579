// Names of apps and services become directories below the lock root: none may lead out of it.

const NAME = /^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,199}$/;

/** What a usable name is, for messages. */
export const NAME_EXPECTED =
  'a name of letters, digits, "_", "-" and "." that does not begin with a dot, of at most 200 characters';

/** True for a name that may be a directory of its own. */
export function isName(name: string): boolean {
  return NAME.test(name) && name !== '__proto__'; // which as a key of an object is none
}
