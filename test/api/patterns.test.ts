/**
 * The patterns of the published document in the languages of its readers: generated clients and fuzzers
 * compile them.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { openApiDocument } from '../../src/api/calls.ts';
import { reference, text } from '../../src/api/http/fields.ts';
import { createPaymentRequest } from '../../src/api/payments/payment-requests.ts';

/** One of each kind of character that a pattern here distinguishes, and some that it must not distinguish. */
const SAMPLES = [
  '1001',
  '.',
  '..',
  '...',
  '.a',
  'a.',
  '-',
  '_',
  'A-b_c.9',
  'x'.repeat(64),
  'x'.repeat(65),
  '',
  'NOK',
  'nok',
  'Blå stol, 2 stk',
  'ｶﾀｶﾅ',
  '🙂',
  'e\u0301',
  '\u00A0',
  '\u00AD',
  '\u2028',
  '\u{10FFFF}',
  '\u0000',
  'a\tb',
  'a\nb',
  '\u001F',
  '\u007F',
  '\u0085',
  '\u009F',
  ' ',
  '/',
  'a b',
];

const patterns = patternsOf(openApiDocument());

describe('the published patterns', () => {
  it('are anchored, and use only syntax that every language has', () => {
    expect(patterns.length).toBeGreaterThan(3);
    for (const pattern of patterns) {
      expect(pattern).toMatch(/^\^.*\$$/);
      expect(pattern).not.toMatch(/\(\?|\\(?![\\.xdwsDWS])/);
    }
  });

  it('have the same meaning in Python', () => {
    expect(run(process.env['PYTHON'] ?? 'python3', ['-c', PYTHON])).toEqual(ours());
  });

  it('have the same meaning in Go, where Go is installed', () => {
    if (spawnSync('go', ['version']).error !== undefined) {
      process.stderr.write('no go on PATH: the patterns were not tried with it\n');
      return;
    }
    const folder = mkdtempSync(join(tmpdir(), 'patterns-'));
    const file = join(folder, 'main.go');
    try {
      writeFileSync(file, GO);
      expect(run('go', ['run', file])).toEqual(ours());
    } finally {
      rmSync(folder, { recursive: true });
    }
  }, 300_000);

  it('refuse no text that the service accepts', () => {
    for (const sample of SAMPLES) {
      const isTaken = [text(200), reference].map((schema) => schema.safeParse(sample).success);
      const isPublished = ['CreatePayment.merchantReference2', 'CreatePayment.order.reference'].map((at) =>
        new RegExp(patternAt(at), 'u').test(sample),
      );
      for (const [index, taken] of isTaken.entries())
        if (taken) expect([sample, isPublished[index]]).toEqual([sample, true]);
    }
    expect(reference.safeParse('..').success || reference.safeParse('.').success).toBe(false);
    for (const two of twoCharacters())
      expect([two, reference.safeParse(two).success]).toEqual([two, two !== '..']);
  });

  it('leave lone surrogates to the service, which refuses them', () => {
    const order = { reference: '1001', amount: 1, currency: 'NOK' };
    for (const more of [
      { merchantReference2: 'a\uD800' },
      { metadata: { cart: '\uDC00' } },
      { metadata: { '\uD83D': 'c' } },
    ]) {
      const parsed = createPaymentRequest.safeParse({ order, ...more });
      expect(parsed.error?.issues.length).toBe(1);
    }
  });
});

function ours(): boolean[][] {
  return patterns.map((pattern) => SAMPLES.map((sample) => new RegExp(pattern, 'u').test(sample)));
}

/** The JSON that a program writes to stdout for the patterns and samples on its stdin. */
function run(command: string, args: readonly string[]): unknown {
  const input = JSON.stringify({ patterns, samples: SAMPLES });
  return JSON.parse(execFileSync(command, args, { input, encoding: 'utf8' }));
}

const PYTHON = `
import json, re, sys
given = json.load(sys.stdin)
print(json.dumps([[re.search(p, s) is not None for s in given["samples"]] for p in given["patterns"]]))
`;

const GO = `package main

import (
	"encoding/json"
	"os"
	"regexp"
)

func main() {
	var given struct{ Patterns, Samples []string }
	if err := json.NewDecoder(os.Stdin).Decode(&given); err != nil {
		panic(err)
	}
	answer := [][]bool{}
	for _, pattern := range given.Patterns {
		compiled := regexp.MustCompile(pattern)
		row := []bool{}
		for _, sample := range given.Samples {
			row = append(row, compiled.MatchString(sample))
		}
		answer = append(answer, row)
	}
	json.NewEncoder(os.Stdout).Encode(answer)
}
`;

function patternsOf(document: object): string[] {
  const found = [...JSON.stringify(document).matchAll(/"pattern":("(?:[^"\\]|\\.)*")/g)];
  return [...new Set(found.map(([, literal]) => JSON.parse(literal ?? '') as string))];
}

/** `CreatePayment.order.reference`: the pattern of a property of a component. */
function patternAt(path: string): string {
  const [component = '', ...names] = path.split('.');
  const schemas = openApiDocument().components?.schemas as Record<string, never>;
  type Node = { properties: Record<string, Node>; pattern: string };
  const found = names.reduce<Node>(
    (node, name) => node.properties[name] as Node,
    schemas[component] as unknown as Node,
  );
  return found.pattern;
}

function twoCharacters(): string[] {
  const all = ['a', 'Z', '0', '.', '_', '-'];
  return all.flatMap((first) => all.map((second) => first + second));
}
