/** The structure of `src/api`: use cases know nothing about HTTP, and no file is too long to read at once. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const ROOM = join(import.meta.dirname, '..', '..', 'src', 'api');
const FILES = readdirSync(ROOM, { recursive: true, encoding: 'utf8' }).filter((name) => /\.tsx?$/.test(name));

/** The building blocks of schemas are not HTTP. */
const ALLOWED = /\/http\/(fields|pages|answers|columns)\.ts$/;

describe('src/api', () => {
  it('uses HTTP only in http/ and in routes.ts: every other file is a use case or a view', () => {
    const others = FILES.filter((name) => !/^http\/|(^|\/)routes\.ts$|^calls\.ts$/.test(name));
    expect(others.length).toBeGreaterThan(20);
    const wrong = others.flatMap((name) =>
      importsOf(name)
        .filter((from) => /^@?koa|\/http\//.test(from) && !ALLOWED.test(from))
        .map((from) => `${name} imports ${from}`),
    );
    expect(wrong).toEqual([]);
  });

  it('has no file of more than 250 lines', () => {
    const long = FILES.filter((name) => contentsOf(name).split('\n').length > 251);
    expect(long).toEqual([]);
  });
});

function importsOf(name: string): string[] {
  return [...contentsOf(name).matchAll(/^import (?!type)[^;]* from '([^']+)';/gm)].map(
    ([, from = '']) => from,
  );
}

function contentsOf(name: string): string {
  return readFileSync(join(ROOM, name), 'utf8');
}
