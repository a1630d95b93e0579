// Text as roff, the language of manual pages.

/** Text that comes out as it is, whatever it contains: no request, no escape, no "smart" quote. */
export function roff(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll("'", '\\(aq')
    .replaceAll('`', '\\(ga')
    .replaceAll('^', '\\(ha')
    .replaceAll('~', '\\(ti')
    .replaceAll('"', '\\(dq')
    .replace(
      /[^\n -~]/g,
      (sign) => `\\[u${sign.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}]`,
    )
    .replace(/^\./gm, '\\&.');
}

/** Running text, in which `code` is bold. */
export function prose(text: string): string {
  const parts = text.split('`');
  return parts.map((part, at) => (at % 2 === 1 ? bold(part) : roff(part))).join('');
}

export function bold(text: string): string {
  return text === '' ? '' : `\\fB${roff(text)}\\fR`;
}

export function italic(text: string): string {
  return `\\fI${roff(text)}\\fR`;
}

/** A section, with a title that may have spaces. */
export function section(title: string, ...lines: readonly string[]): string[] {
  return [`.SH "${roff(title)}"`, ...lines];
}

/** An entry of a list: what it is about, and below it what is said. */
export function entry(tag: string, said: string): string[] {
  return ['.TP', tag, said === '' ? '\\&' : said];
}

/** Lines that are shown as they are. */
export function literal(...lines: readonly string[]): string[] {
  return ['.PP', '.RS 4', '.nf', ...lines.map(roff), '.fi', '.RE'];
}
