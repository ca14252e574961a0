/** The Dockerfile, as far as it can be checked without building it. */
import { describe, expect, it } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { validate } from 'dockerfile-utils';
import { ROOT } from './support/compose.ts';
import { DOCKERFILE, parsedDockerfile, readImage, stages } from './support/image.ts';

describe('the Dockerfile', () => {
  it('has no finding of the linter', () => {
    expect(validate(DOCKERFILE)).toEqual([]);
    expect(validate(`${DOCKERFILE}COPPY . .\nCMD ['api']\n`).length).toBeGreaterThan(1);
  });

  it('starts each stage with one pinned version of Node', () => {
    const names = stages().map(({ name }) => name);
    const tags = stages()
      .map(({ base }) => base)
      .filter((base) => !names.includes(base));
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

  it('checks the health of its service on the port that it sets, with a file that it has', () => {
    const { healthCheck, env } = readImage();
    expect(healthCheck).toEqual([
      'node',
      'bin/is-healthy.js',
      `http://127.0.0.1:${env['ADMIN_PORT']}/readyz`,
    ]);
    expect(DOCKERFILE).toMatch(/COPY .*bin\/is-healthy\.js/);
  });

  it('has the labels of the OCI specification', () => {
    const names = parsedDockerfile()
      .getInstructions()
      .filter((each) => each.getKeyword() === 'LABEL')
      .flatMap((label) => [...(label.getArgumentsContent() ?? '').matchAll(/([\w.]+)=/g)])
      .map(([, name = '']) => name.replace('org.opencontainers.image.', ''));
    expect(names).toEqual(['title', 'description', 'licenses', 'version', 'revision', 'base.name']);
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
