// A command given as one string, split into words by the rules of POSIX quoting, as compose does.
// There is no shell: `$HOME`, `*`, `|` and `;` are ordinary characters of a word.

// Blanks; 'literal'; "literal but for \" and \\"; \x; anything else.
const TOKEN = /(\s+)|'([^']*)'|"((?:[^"\\]|\\[\s\S])*)"|\\([\s\S])|([^\s'"\\]+)/y;

/** The words; undefined if a quote is left open or the text ends in a backslash. */
export function splitWords(text: string): string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const token = TOKEN.exec(text);
    if (token === null) return undefined;
    const [, blanks, literal, quoted, escaped, plain] = token;
    if (blanks === undefined) {
      const unquoted = quoted?.replace(/\\(["\\$`\n])/g, (_, char: string) =>
        char === '\n' ? '' : char,
      );
      word =
        (word ?? '') + (literal ?? unquoted ?? (escaped === '\n' ? '' : escaped) ?? plain ?? '');
    } else if (word !== undefined) {
      words.push(word);
      word = undefined;
    }
  }
  return word === undefined ? words : [...words, word];
}
