/**
 * Texts from outside in the Temporal Web UI, which shows summaries and details as Markdown; the judge is a
 * renderer for GitHub's Markdown.
 */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Marked } from 'marked';
import { inMarkdown, summaryOf } from '../../src/workflows/publish.ts';

const marked = new Marked({ gfm: true });
const PARTS = [
  '`rm -rf`',
  '[paid](https://evil.example)',
  '![x](https://evil.example/x.png)',
  '<img src=x onerror=alert(1)>',
  'https://evil.example',
  'www.evil.example',
  '<https://evil.example>',
  '**bold**',
  '\n# Paid\n',
  '\n- paid',
  '\r\n\r\n    code',
  '\u2028',
  '~~gone~~',
  '| a | b |',
  '&lt;b&gt;',
  '\\',
  '\\[x](y)',
  'refused: 402',
] as const;

const hostile = fc
  .array(fc.constantFrom(...PARTS), { minLength: 1, maxLength: 5 })
  .map((parts) => parts.join(''));

/** As a reader sees it: the tags and the text. */
function shown(markdown: string): { tags: string[]; text: string } {
  const html = marked.parse(markdown, { async: false });
  const tags = [...html.matchAll(/<\/?(\w+)/g)].map(([, name]) => name as string);
  const text = html
    .replace(/<[^>]*>/g, '')
    .replace(
      /&(lt|gt|quot|amp|#39);/g,
      (_, name: string) => ({ lt: '<', gt: '>', quot: '"', amp: '&', '#39': "'" })[name] ?? '',
    );
  return { tags, text: text.trim() };
}

describe('foreign texts', () => {
  it('are one line of Markdown text, and look unchanged to the reader', () => {
    fc.assert(
      fc.property(hostile, (words) => {
        const { tags, text } = shown(`waits for ${inMarkdown(words)}`);
        expect(tags).toEqual(['p', 'p']);
        expect(text).toBe(`waits for ${words.replace(/[\r\n\u2028]+/g, ' ')}`.trim());
      }),
      { numRuns: 2_000 },
    );
  });

  it('are the same in a summary, and cut', () => {
    fc.assert(
      fc.property(hostile, (words) => {
        const summary = summaryOf(`read ${words.repeat(20)}`);
        expect(Buffer.byteLength(summary)).toBeLessThanOrEqual(400);
        expect(shown(summary).tags).toEqual(['p', 'p']);
      }),
    );
  });

  it('are unchanged where they have no meaning in Markdown', () => {
    const usual =
      "capture 722.00 NOK of T12345678.4XgZ_b-q (parcel-1), since 2026-11-29T12:00:00.000Z: the payer's return";
    expect(inMarkdown(usual)).toBe(usual);
  });
});
