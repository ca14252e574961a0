import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readSettings } from '../../sandbox/dintero/settings.ts';

it('the sandbox needs no configuration', () => {
  expect(readSettings({})).toMatchObject({ port: 3001, account: 'T12345678', tokenSeconds: 14_400 });
});

it.each([
  ['SANDBOX_PORT', '70000'],
  ['SANDBOX_TOKEN_SECONDS', 'long'],
  ['DINTERO_ACCOUNT_ID', '12345678'],
  ['DINTERO_SIGNATURE_SECRETS', ' , '],
])('the sandbox refuses %s=%j and names no other variable', (name, value) => {
  expect(complaints({ [name]: value })).toEqual([expect.stringMatching(`^${name}: `)]);
});

it('the sandbox reports every wrong variable in one error', () => {
  const wrong = { SANDBOX_PORT: 'abc', SANDBOX_TOKEN_SECONDS: '-1', DINTERO_ACCOUNT_ID: 'X' };
  expect(complaints(wrong)).toHaveLength(3);
});

describe('a secret in a file', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'paidonce-sandbox-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const inFile = (content: string): string => {
    const path = join(folder, 'secret');
    writeFileSync(path, content);
    return path;
  };

  it('is read, without the line break at its end', () => {
    const path = inFile('one,two\n');
    const env = { DINTERO_CLIENT_SECRET_FILE: path, DINTERO_SIGNATURE_SECRETS_FILE: path };
    expect(readSettings(env)).toMatchObject({ clientSecret: 'one,two', signatureSecrets: ['one', 'two'] });
  });

  it('is not used where the variable itself is set', () => {
    const env = { DINTERO_CLIENT_SECRET: 'by-name', DINTERO_CLIENT_SECRET_FILE: inFile('by-file') };
    expect(readSettings(env).clientSecret).toBe('by-name');
  });

  it.each(['DINTERO_CLIENT_SECRET', 'DINTERO_SIGNATURE_SECRETS'])(
    'is never replaced by the published one of %s',
    (name) => {
      const refusal = expect.stringMatching(`^${name}_FILE: `);
      expect(complaints({ [`${name}_FILE`]: inFile(' \n') })).toContainEqual(refusal);
      expect(complaints({ [`${name}_FILE`]: join(folder, 'none') })).toContainEqual(refusal);
    },
  );
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
