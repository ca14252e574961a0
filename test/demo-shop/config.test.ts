import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readShopConfig } from '../../demo-shop/config.ts';

const SECRET = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
const ENVIRONMENT = {
  PAIDONCE_API_URL: 'http://127.0.0.1:3000/',
  PAIDONCE_API_KEY: 'a-key-of-a-shop-0123456789',
};

describe('the environment of the demo shop', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'paidonce-shop-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const inFile = async (content: string): Promise<NodeJS.ProcessEnv> => {
    const path = join(folder, 'secrets');
    await writeFile(path, content);
    return { ...ENVIRONMENT, ORDER_WEBHOOK_SECRETS_FILE: path };
  };

  it('may give its webhook secrets in a file', async () => {
    expect(readShopConfig(await inFile(`${SECRET},${SECRET}\n`)).webhookSecrets).toEqual([SECRET, SECRET]);
  });

  it('may give its API key in a file', async () => {
    const path = join(folder, 'key');
    await writeFile(path, 'a-key-from-a-file-0123456789\n');
    const { PAIDONCE_API_URL } = ENVIRONMENT;
    const env = { PAIDONCE_API_URL, PAIDONCE_API_KEY_FILE: path, ORDER_WEBHOOK_SECRETS: SECRET };
    expect(readShopConfig(env).apiKey).toBe('a-key-from-a-file-0123456789');
  });

  it.each(['', ' \n', 'not-a-secret'])(
    'is refused with %j in that file, and never repeats it',
    async (content) => {
      const env = await inFile(content);
      expect(() => readShopConfig(env)).toThrow(/ORDER_WEBHOOK_SECRETS: must be whsec_ and base64/);
      expect(() => readShopConfig(env)).not.toThrow(/not-a-secret/);
    },
  );

  it.each(['PAIDONCE_SWEEP_MS', 'PAIDONCE_ON_HOLD_POLL_MS'])('is refused with 5m as %s', (name) => {
    const env = { ...ENVIRONMENT, ORDER_WEBHOOK_SECRETS: SECRET, [name]: '5m' };
    expect(() => readShopConfig(env)).toThrow(`${name}: must be a whole number of milliseconds`);
  });

  it('is refused without that file, without its path', () => {
    const env = { ...ENVIRONMENT, ORDER_WEBHOOK_SECRETS_FILE: join(folder, 'none') };
    expect(() => readShopConfig(env)).toThrow(
      /ORDER_WEBHOOK_SECRETS_FILE: a readable file was expected \(ENOENT\)/,
    );
    expect(() => readShopConfig(env)).not.toThrow(folder);
  });
});
