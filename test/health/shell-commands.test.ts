import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { commandLine } from '../../src/lib/command-line.ts';
import { paidonce, temporal } from '../../src/health/shell-commands.ts';
import { asTyped } from '../../src/cli/print.ts';
import { useTerminal } from '../support/terminal.ts';
import { wordsOf } from '../support/shell.ts';

describe('a command line', () => {
  useTerminal();

  it.each([
    "it's",
    '$HOME',
    '`id`',
    'a b',
    '"',
    '\\',
    '!!',
    '*',
    '~',
    '#',
    '',
    '=x',
    'a;b',
    '$(id)',
    'å',
    '|',
  ])('is parsed by the shell into its words: %s', (word) => {
    expect(wordsOf(commandLine('paidonce', 'why', word))).toEqual(['paidonce', 'why', word]);
  });

  it('is parsed into its words for every text', () => {
    const word = fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0'));
    fc.assert(
      fc.property(fc.array(word, { maxLength: 4 }), (words) => {
        expect(wordsOf(commandLine('paidonce', ...words))).toEqual(['paidonce', ...words]);
      }),
      { numRuns: 50 },
    );
  });

  it('quotes only words that need quotes', () => {
    expect(paidonce('redeliver', '1001/order.paid')).toBe('paidonce redeliver 1001/order.paid');
  });

  it('has an id that looks like an option after the options', () => {
    expect(paidonce('redeliver', '--x', { reason: '-y' })).toBe('paidonce redeliver --reason -y -- --x');
  });

  it('names the Temporal server, its namespace and the files of its connection', () => {
    const server = { TEMPORAL_ADDRESS: 'temporal:7233', TEMPORAL_NAMESPACE: 'shop' };
    const tls = { TEMPORAL_TLS_CERT: '/a b', TEMPORAL_TLS_KEY: '/k', TEMPORAL_TLS_CA: '/ca' };
    expect(temporal({ ...server, ...tls }, 'workflow', 'unpause', '-w', 'payment/1/1')).toBe(
      "temporal workflow unpause -w payment/1/1 --address temporal:7233 -n shop --tls-cert-path '/a b' --tls-key-path /k --tls-ca-path /ca",
    );
  });

  it('begins with npx where this process was started by npx', () => {
    expect(asTyped('paidonce why 1001')).toBe('paidonce why 1001');
    process.env = { ...process.env, npm_command: 'exec' };
    expect(asTyped('paidonce why 1001')).toBe('npx paidonce why 1001');
    expect(asTyped('temporal workflow list')).toBe('temporal workflow list');
  });
});
