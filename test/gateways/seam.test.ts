/**
 * A wall: the core knows no gateway by name. The descriptor has everything that the core needs of a gateway.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { GATEWAYS } from '../../src/gateways/registry.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const SOURCES = join(ROOT, 'src');

const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter((path) =>
  /\.tsx?$/.test(path),
);

/** Files of the core that match, as paths under src/. */
function matching(pattern: RegExp, allowed: readonly string[]): string[] {
  const isAllowed = (path: string) => allowed.some((place) => path === place || path.startsWith(`${place}/`));
  return files.filter((path) => !isAllowed(path) && pattern.test(readFileSync(join(SOURCES, path), 'utf8')));
}

describe.each(GATEWAYS.map((gateway) => [gateway.id, gateway] as const))('%s', (id, gateway) => {
  it('is named in its folder and in the registry, and nowhere else', () => {
    const named = new RegExp(id, 'i');
    expect(matching(named, [`gateways/${id}`, 'gateways/registry.ts'])).toEqual([]);
    // The search does find the places that have the name.
    const places = [`gateways/${id}/descriptor.ts`, 'gateways/registry.ts'];
    expect(matching(named, [])).toEqual(expect.arrayContaining(places));
  });

  it('has the folder, the page and the names that its descriptor promises', () => {
    expect(statSync(join(SOURCES, 'gateways', id)).isDirectory()).toBe(true);
    expect(readFileSync(join(ROOT, gateway.page), 'utf8')).toContain(gateway.name);
    const { prefix, shape, secrets, hosts, madeByCommands } = gateway.variables;
    const names = Object.keys(shape);
    expect(names.filter((name) => !name.startsWith(`${prefix}_`))).toEqual([]);
    for (const named of [...secrets, ...Object.keys(hosts), ...madeByCommands])
      expect(names).toContain(named);
    expect(
      Object.keys(gateway.sandbox?.variables('http://127.0.0.1:3001') ?? {}).filter(
        (name) => !names.includes(name),
      ),
    ).toEqual([]);
    expect(gateway.keptHeaders).toEqual(gateway.keptHeaders.map((name) => name.toLowerCase()));
  });
});

it("general tools of adapters name no gateway's folder", () => {
  const shared = files.filter((path) => path.startsWith('gateways/shared/'));
  const foreign = shared.filter((path) =>
    /from '\.\.\/(?!shared\/)[a-z-]+\/|from '\.\.\/\.\.\/(store|api|activities|workflows)\//.test(
      readFileSync(join(SOURCES, path), 'utf8'),
    ),
  );
  expect(foreign.map((path) => relative(SOURCES, path))).toEqual([]);
});
