/** The Dockerfile, as far as it can be checked without building it. */
import { describe, expect, it } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { validate } from 'dockerfile-utils';
import { ROOT } from './support/compose.ts';
import { DOCKERFILE, parsedDockerfile, readImage } from './support/image.ts';

describe('the Dockerfile', () => {
  it('has no finding of the linter', () => {
    expect(validate(DOCKERFILE)).toEqual([]);
    expect(validate(`${DOCKERFILE}COPPY . .\nCMD ['api']\n`).length).toBeGreaterThan(1);
  });

  it('starts each stage with one pinned version of Node', () => {
    const tags = parsedDockerfile()
      .getFROMs()
      .map((from) => from.getImage() ?? '');
    expect(tags).toHaveLength(2);
    for (const tag of tags) expect(tag).toMatch(/^node:\d+\.\d+\.\d+-bookworm(-slim)?$/);
    expect(new Set(tags.map((tag) => tag.replace('-slim', ''))).size).toBe(1);
    expect(tags[0]).toContain(`node:${readFileSync(join(ROOT, '.nvmrc'), 'utf8').trim()}.`);
  });

  it('runs Node itself, without a shell or npm around it, and not as root', () => {
    const { entrypoint, command, user } = readImage();
    expect([...entrypoint, ...command]).toEqual(['node', 'bin/paidonce.js', 'api']);
    expect(user).toMatch(/^[1-9]\d*:[1-9]\d*$/);
  });

  it('copies files that exist and that .dockerignore sends', () => {
    const rules = readFileSync(join(ROOT, '.dockerignore'), 'utf8').split('\n');
    const sources = parsedDockerfile()
      .getCOPYs()
      .filter((copy) => copy.getFromFlag() === null)
      .flatMap((copy) =>
        copy
          .getArguments()
          .slice(0, -1)
          .map((word) => word.getValue()),
      );
    expect(sources).toContain('package-lock.json');
    for (const source of sources) {
      expect([source, existsSync(join(ROOT, source))]).toEqual([source, true]);
      // A folder is sent with all its contents.
      expect(rules).toContain(`!${source.split('/')[0]}`);
    }
    expect(rules.filter((rule) => !rule.startsWith('!') && rule !== '').slice(0, 2)).toContain('*');
  });
});
