// "Did you mean": the known name that a mistyped one is closest to.

// The number of characters to insert, remove or change (Levenshtein), row by row.
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++) {
      const [left = 0, above = 0, corner = 0] = [next[j], row[j + 1], row[j]];
      next.push(Math.min(left + 1, above + 1, corner + (a[i] === b[j] ? 0 : 1)));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}

const plain = (name: string): string => name.toLowerCase().replace(/[_ -]/g, '');

/** The closest of `known`, if it is close enough to be meant. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  if (name.length > 64) return undefined;
  const scored = known.map((one) => ({ one, far: distance(plain(name), plain(one)) }));
  const best = scored.sort((a, b) => a.far - b.far)[0];
  return best !== undefined && best.far <= Math.max(name.length < 4 ? 1 : 2, name.length / 4)
    ? best.one
    : undefined;
}
