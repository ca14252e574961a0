/** `node bin/check-commits.js` in a repository of its own. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { gitEnvironment } from './support/git-environment.ts';

const SCRIPT = join(import.meta.dirname, '..', '..', 'bin', 'check-commits.js');

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'paidonce-commits-'));
  await git('init', '--quiet', '--initial-branch=main');
  await commit('a subject from before there were rules');
  await git('tag', 'base');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const options = () => ({ cwd: folder, env: gitEnvironment() });
const git = (...args: string[]) => promisify(execFile)('git', args, options());
const commit = (subject: string) => git('commit', '--quiet', '--allow-empty', '-m', subject);

async function check(range = 'base..HEAD'): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [SCRIPT, range], options(), (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), output: `${stdout}${stderr}` }),
    );
  });
}

describe('the subjects of commits', () => {
  it.each([
    'fix(updates): a stop waits for the attempts under way, not for a queue',
    'feat(api)!: the answer of a refund has its lines',
    'docs: ADR 0026, and ARCHITECTURE with a glossary',
    `test(e2e): ${'x'.repeat(61)}`,
  ])('may be "%s"', async (subject) => {
    await commit(subject);
    expect(await check()).toEqual({ code: 0, output: '1 commits in base..HEAD\n' });
  });

  it.each([
    [`test(e2e): ${'x'.repeat(62)}`, 'has 73 characters'],
    ['wip', '"type(scope): what" is expected'],
    ['fixup! fix(api): a refusal', '"type(scope): what" is expected'],
    ['improve(api): a refusal', '"type(scope): what" is expected'],
    ['fix(api) a refusal', '"type(scope): what" is expected'],
    ['fix(API): a refusal', '"type(scope): what" is expected'],
  ])('may not be "%s"', async (subject, words) => {
    await commit('feat(cli): a command');
    await commit(subject);
    const { code, output } = await check();
    expect(code).toBe(1);
    expect(output).toContain(`${subject}\n  ${words}`);
    expect(output).not.toContain('a command');
  });

  it('are checked for the range alone, without merges', async () => {
    await git('checkout', '--quiet', '-b', 'other');
    await commit('fix(api): a refusal');
    await git('checkout', '--quiet', 'main');
    await commit('feat(cli): a command');
    await git('merge', '--quiet', '--no-ff', '-m', 'Merge branch other', 'other');
    expect(await check()).toEqual({ code: 0, output: '2 commits in base..HEAD\n' });
    expect((await check('main')).code).toBe(1);
  });

  it('are not checked where there is no such range', async () => {
    expect((await check('base..nowhere')).code).toBe(2);
  });
});
