/**
 * `paidonce codec-server`: decodes payloads for the Temporal Web UI and the program `temporal`. It does not
 * encode: everything that paidonce needs in Temporal, paidonce itself has sent.
 */
import { Router } from '@koa/router';
import Koa, { type Middleware } from 'koa';
import helmet from 'koa-helmet';
import type { CodecServerConfig } from '../../config/config.ts';
import type { Logger } from '../../telemetry/log.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import { createPayloadCodec } from '../../temporal/payload-codec.ts';
import { bearerAuth, createKeyDoor } from '../http/auth.ts';
import { uriLimits } from '../http/limits.ts';
import { problems } from '../http/problem.ts';
import { requestLog } from '../http/request-log.ts';
import { listen } from '../http/server.ts';
import { readJson } from '../http/validation.ts';
import { Refusal } from '../refusal.ts';
import { asksForPassword, basicAsBearer, cors } from './browser-access.ts';
import { decodePayloads, decodeRequest } from './decode-payloads.ts';

/** Longer than any answer takes. */
const GRACE_MS = 1_000;

export interface CodecServer {
  readonly config: CodecServerConfig;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'unauthorized'>;
  /** Pages of CODEC_ORIGINS need no API key. Only where the port can't be reached from another machine. */
  readonly trustsOrigin: boolean;
}

/** Starts the codec server. The returned function closes it. @throws CannotListen */
export async function startCodecServer(parts: CodecServer): Promise<() => Promise<void>> {
  const { config, log } = parts;
  const { CODEC_PORT: port, CODEC_HOST: host } = config;
  const server = await listen(createCodecApp(parts), { setting: 'CODEC_PORT', port, host, log });
  log.info({ port, origins: originsOf(config) }, 'codec server listens');
  return () => server.close(GRACE_MS);
}

function createCodecApp({ config, log, metrics, trustsOrigin }: CodecServer): Koa {
  const origins = originsOf(config);
  const codec = createPayloadCodec(config.PAYLOAD_KEYS);
  const needsKey = bearerAuth(createKeyDoor(config.API_KEYS, { log, metrics }));
  const router = new Router()
    .get('/healthz', (ctx) => {
      ctx.body = { status: 'ok' };
    })
    .get('/', asksForPassword(), needsKey, (ctx) => {
      ctx.body = SIGNED_IN;
    })
    .post('/decode', trustsOrigin ? unlessFrom(origins, needsKey) : needsKey, async (ctx) => {
      const { payloads } = await readJson(ctx, decodeRequest);
      ctx.body = { payloads: await decodePayloads(payloads, codec) };
    });
  const app = new Koa({ proxy: config.TRUST_PROXY > 0, maxIpsCount: config.TRUST_PROXY });
  app.silent = true;
  app.use(requestLog(log));
  app.use(problems(log));
  app.use(uriLimits());
  app.use(helmet());
  app.use(cors(origins));
  app.use(basicAsBearer());
  app.use(router.routes());
  app.use(nothingElse());
  return app;
}

const SIGNED_IN =
  'This browser may decode payloads now. In the Temporal Web UI, the codec endpoint has to be this address, ' +
  'and "Include cross-origin credentials" has to be on.\n';

/** By default the origin of the Web UI's links. Without any, only programs can use the codec server. */
function originsOf({ CODEC_ORIGINS: origins, TEMPORAL_UI_URL: uiUrl }: CodecServerConfig): readonly string[] {
  return origins ?? (uiUrl === undefined ? [] : [new URL(uiUrl).origin]);
}

/** A browser sets the header itself, so no page of another origin can claim it. */
function unlessFrom(origins: readonly string[], guard: Middleware): Middleware {
  return (ctx, next) => {
    if (!origins.includes(ctx.get('Origin'))) return guard(ctx, next);
    ctx.set('Cache-Control', 'no-store');
    return next();
  };
}

function nothingElse(): Middleware {
  return (ctx) => {
    throw new Refusal(
      'not_found',
      `there is nothing at ${ctx.method} ${ctx.path}; POST /decode, GET /healthz and GET / were expected, and nothing is encoded here`,
    );
  };
}
