/** How Workers write and read payloads and failures. */
import { join } from 'node:path';
import type { DataConverter } from '@temporalio/common';
import type { PayloadKeys } from '../config/payload-keys.ts';
import { PACKAGE_FOLDER } from '../lib/package-folder.ts';
import { createPayloadCodec } from '../temporal/payload-codec.ts';
import { bundleName, FAILURE_CONVERTER } from './workflow-sources.ts';

/** Its files are made by `npm run build`. */
const BUILT = join(PACKAGE_FOLDER, 'dist', 'src');

/** The converter of activities, and of the Worker itself. Failures show no texts where payloads are encrypted. */
export function dataConverterOf(keys: PayloadKeys): DataConverter {
  return {
    payloadCodecs: [createPayloadCodec(keys)],
    ...(keys.encrypts !== null && { failureConverterPath: join(BUILT, FAILURE_CONVERTER) }),
  };
}

/** The bundle whose workflows write failures in the same way, of this build or of the one in a folder. */
export function bundleFor(
  { encrypts }: PayloadKeys,
  {
    isTraced = false,
    built = BUILT,
  }: { readonly isTraced?: boolean; readonly built?: string | undefined } = {},
): { codePath: string } {
  return { codePath: join(built, bundleName({ isEncrypted: encrypts !== null, isTraced })) };
}
