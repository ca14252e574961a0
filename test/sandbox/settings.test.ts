import { expect, it } from '@jest/globals';
import { readSettings } from '../../src/sandbox/settings.ts';

it('needs nothing configured', () => {
  expect(readSettings({})).toMatchObject({ port: 3001, account: 'T12345678', tokenSeconds: 14_400 });
});

it.each([
  ['SANDBOX_PORT', '70000'],
  ['SANDBOX_TOKEN_SECONDS', 'long'],
  ['DINTERO_ACCOUNT_ID', '12345678'],
  ['DINTERO_SIGNATURE_SECRETS', ' , '],
])('refuses %s=%j and names no other', (name, value) => {
  expect(complaints({ [name]: value })).toEqual([expect.stringMatching(`^${name}: `)]);
});

it('is told every wrong variable in one error', () => {
  const wrong = { SANDBOX_PORT: 'abc', SANDBOX_TOKEN_SECONDS: '-1', DINTERO_ACCOUNT_ID: 'X' };
  expect(complaints(wrong)).toHaveLength(3);
});

function complaints(env: NodeJS.ProcessEnv): string[] {
  try {
    readSettings(env);
    return [];
  } catch (error) {
    const [, ...lines] = (error as Error).message.split('\n');
    return lines.map((line) => line.trim());
  }
}
