import { createHash } from 'node:crypto';

/**
 * Identifies what openapi.json says, without its version: a release changes no type. src/openapi.ts begins with
 * it, and test/client compares.
 * @param {string} text
 */
export function digestOf(text) {
  const document = JSON.parse(text);
  delete document.info.version;
  return createHash('sha256').update(JSON.stringify(document)).digest('hex');
}
