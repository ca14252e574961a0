import { isIP } from 'node:net';
import { Command } from 'commander';
import { readCodecServerConfig } from '../config/config.ts';
import { ConfigError } from '../config/environment.ts';
import { createLog } from '../telemetry/log.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { untilAskedToStop } from './until-asked-to-stop.ts';

const HELP = `
Needs PAYLOAD_KEYS and API_KEYS of the service; any API key may read. Settings: CODEC_PORT (8234), CODEC_HOST (127.0.0.1), CODEC_ORIGINS
(the Web UI's origin; by default that of TEMPORAL_UI_URL). docs/run-in-production.md, "Encrypt what Temporal stores".

Examples:
  paidonce codec-server
  temporal workflow show -w payment/1001/1 --codec-endpoint http://127.0.0.1:8234 --codec-auth "Bearer $KEY"`;

/** `paidonce codec-server`: shows encrypted payloads in the Temporal Web UI and in the program `temporal`. */
export function codecServerCommand(): Command {
  return new Command('codec-server')
    .description('decode payloads for the Temporal Web UI and the program temporal')
    .option(
      '--trust-origin',
      'let pages of CODEC_ORIGINS decode without an API key; only on a loopback address',
    )
    .addHelpText('after', HELP)
    .action(serve);
}

async function serve({ trustOrigin }: { trustOrigin?: true }): Promise<void> {
  const config = readCodecServerConfig(process.env);
  const trustsOrigin = trustOrigin === true;
  if (trustsOrigin && !isLoopback(config.CODEC_HOST))
    throw new ConfigError(
      `CODEC_HOST: expected 127.0.0.1 or ::1 with --trust-origin, found "${config.CODEC_HOST}": a program on another machine can claim any origin`,
    );
  // Loaded only where needed: every process of paidonce loads this file.
  const { startCodecServer } = await import('../api/codec/routes.ts');
  const log = createLog(config.LOG_LEVEL, 'codec-server');
  const stop = await startCodecServer({ config, log, metrics: createMetrics(), trustsOrigin });
  await untilAskedToStop();
  await stop();
}

function isLoopback(host: string): boolean {
  return (isIP(host) === 4 && host.startsWith('127.')) || host === '::1';
}
