/** Nothing in it means anything to a shell. */
const PLAIN = /^[\w@%+:,./-]+$/;

/** The words of a command as one line that a POSIX shell takes apart again into the same words. */
export function commandLine(...words: readonly string[]): string {
  return words.map((word) => (PLAIN.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(' ');
}
