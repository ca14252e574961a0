import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Secrets of a development set-up, made once for a DATA_DIR. */
export interface DevSecrets {
  readonly apiKey: string;
  readonly orderWebhookSecret: string;
}

/** Reads them, or makes them at the first start; the file is for its owner only. */
export async function devSecrets(dataDir: string): Promise<DevSecrets> {
  const path = join(dataDir, 'secrets.json');
  try {
    return JSON.parse(await readFile(path, 'utf8')) as DevSecrets;
  } catch {
    const made = {
      apiKey: `dev_${randomBytes(18).toString('hex')}`,
      orderWebhookSecret: `whsec_${randomBytes(32).toString('base64')}`,
    };
    await mkdir(dataDir, { recursive: true });
    await writeFile(path, JSON.stringify(made, null, 2), { mode: 0o600 });
    return made;
  }
}
