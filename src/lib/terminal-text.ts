/** Words of others as a terminal may be shown them. */

/** Controls, which move the cursor or begin a line, and marks that turn the direction of what follows. */
const UNSEEN = /[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu;

/** One line: whatever would be no character of it is spelled out, as JSON does. */
export function plainLine(text: string): string {
  return text.replace(UNSEEN, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The same of text that has lines of its own. */
export function plainText(text: string): string {
  return text.split('\n').map(plainLine).join('\n');
}
