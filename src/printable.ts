// Text of strangers made safe for a terminal. A leaf, so that every layer can use it.

// By code points, so that of surrogates only lone ones match: UTF-8 has no bytes for them.
const UNSAFE =
  /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]/gu;

/** Text of a stranger made safe for a terminal: control characters and lone surrogates become "?". */
export function printable(text: string, max: number = 256): string {
  return text.slice(0, max).replace(UNSAFE, '?');
}

/** The same of a line of ours that may have a stranger's name in it, however long. */
export function printableLine(text: string): string {
  return printable(text, text.length);
}

/** The same of some lines. */
export function printableLines(text: string): string {
  return text.split('\n').map(printableLine).join('\n');
}
