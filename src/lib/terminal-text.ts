/** Makes foreign text safe to show on a terminal. */

/** Control characters, which move the cursor or begin a line, and marks that change the writing direction. */
const UNSEEN = /[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu;

/** One line: invisible characters are written as escapes, as in JSON. */
export function plainLine(text: string): string {
  return text.replace(UNSEEN, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The same for text with several lines. */
export function plainText(text: string): string {
  return text.split('\n').map(plainLine).join('\n');
}
