/**
 * Answers requests that Node can't parse. The application never sees them, and Node's own answers have no
 * body.
 */
import { randomUUID } from 'node:crypto';
import { STATUS_CODES, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Logger } from '../../telemetry/log.ts';
import { Refusal, type ProblemCode } from '../refusal.ts';
import { PROBLEMS, problemBody } from './problem.ts';

const PROBLEM_OF: Readonly<Record<string, readonly [ProblemCode, string]>> = {
  HPE_HEADER_OVERFLOW: [
    'headers_too_large',
    'the address or the headers are too large; at most 16 KiB each were expected',
  ],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [
    'too_large',
    'the body has chunk extensions that are too large; chunks without extensions were expected',
  ],
  ERR_HTTP_REQUEST_TIMEOUT: [
    'request_timeout',
    'the request took too long; the headers within 10 s and the whole request within 30 s were expected',
  ],
};
const UNREADABLE = [
  'malformed',
  'the request could not be parsed; an HTTP/1.1 request was expected',
] as const;

/**
 * Closing while the client still sends resets the connection and loses the answer, so the socket stays open
 * for this long.
 */
const LINGER_MS = 500;

/** Gives Node's own 400, 408, 413 and 431 a problem document as their body. Never throws. */
export function answerClientErrors(server: Server, log: Logger): void {
  const latest = new WeakMap<Duplex, ServerResponse>();
  const answered = new WeakSet<Duplex>();
  server.on('request', (request, response) => latest.set(request.socket, response));
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (answered.has(socket)) return;
    answered.add(socket);
    const problem = problemOf(error);
    const response = latest.get(socket);
    if (problem === null || (response?.headersSent === true && !response.writableFinished)) socket.destroy();
    else if (response?.req.complete === true && !response.writableFinished)
      // An earlier request on this connection is still being answered: the client must not take this answer
      // for it.
      response.once('close', () => answer(socket, problem, log));
    else answer(socket, problem, log);
  });
}

/** Null for a connection that broke: there is no client to answer. */
function problemOf({ code = '' }: NodeJS.ErrnoException): Refusal | null {
  const known = PROBLEM_OF[code] ?? (code.startsWith('HPE_') ? UNREADABLE : undefined);
  return known === undefined ? null : new Refusal(...known);
}

function answer(socket: Duplex, problem: Refusal, log: Logger): void {
  if (!socket.writable) return void socket.destroy();
  const requestId = randomUUID();
  const { status } = PROBLEMS[problem.code];
  const body = JSON.stringify(problemBody(problem, requestId));
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Content-Type: application/problem+json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    `Date: ${new Date().toUTCString()}`,
    `X-Request-Id: ${requestId}`,
    'X-Content-Type-Options: nosniff',
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
  log.debug({ requestId, status, code: problem.code }, 'a request could not be parsed');
}
