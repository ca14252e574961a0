/** No character here has a special meaning in a shell. */
const PLAIN = /^[\w@%+:,./-]+$/;

/** Joins the words of a command to a line that a POSIX shell splits into the same words. */
export function commandLine(...words: readonly string[]): string {
  return words.map((word) => (PLAIN.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(' ');
}
