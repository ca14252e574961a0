/** A collector of traces in this process: takes OTLP/HTTP in JSON, as paidonce sends it. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface CollectedSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly attributes: Readonly<Record<string, string | number>>;
  readonly links: readonly { readonly traceId: string }[];
}

export interface Collector {
  readonly url: string;
  readonly spans: readonly CollectedSpan[];
  /** Everything that came, headers too, as text. */
  readonly received: readonly string[];
  /** Takes the requests from now on in place of the collector; null makes it normal again. */
  behave(behaviour: ((response: ServerResponse) => void) | null): void;
  /** The spans of a trace as `name < parent's name`, sorted; the root's parent is `-`. */
  tree(traceId: string): string[];
  close(): Promise<void>;
}

interface OtlpSpan extends Omit<CollectedSpan, 'attributes'> {
  readonly attributes: readonly {
    readonly key: string;
    readonly value: { readonly stringValue?: string; readonly intValue?: number };
  }[];
}

interface OtlpRequest {
  readonly resourceSpans: readonly {
    readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[];
  }[];
}

export async function startCollector(): Promise<Collector> {
  const spans: CollectedSpan[] = [];
  const received: string[] = [];
  let behaviour: ((response: ServerResponse) => void) | null = null;
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (behaviour !== null) return behaviour(response);
    const text = await textOf(request);
    received.push(`${request.method} ${request.url} ${JSON.stringify(request.headers)} ${text}`);
    spans.push(...spansIn(JSON.parse(text) as OtlpRequest));
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  };
  const server = createServer((request, response) => void take(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    received,
    behave: (next) => void (behaviour = next),
    tree(traceId) {
      const own = spans.filter((span) => span.traceId === traceId);
      const nameOf = (id: string | undefined) => own.find(({ spanId }) => spanId === id)?.name ?? '-';
      return own.map(({ name, parentSpanId }) => `${name} < ${nameOf(parentSpanId)}`).toSorted();
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

function spansIn({ resourceSpans }: OtlpRequest): CollectedSpan[] {
  const all = resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
  return all.map((span) => ({
    ...span,
    attributes: Object.fromEntries(
      span.attributes.map(({ key, value }) => [key, value.stringValue ?? Number(value.intValue)]),
    ),
  }));
}
