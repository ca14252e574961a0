import { connect } from 'node:net';

export interface Conversation {
  /** Everything that the other side has sent. */
  readonly said: string;
  readonly ms: number;
}

/** Sends some bytes, then a little every half second, until the other side ends the connection. */
export function converse(port: number, first: string | Buffer, next?: () => string): Promise<Conversation> {
  const begun = performance.now();
  return new Promise((resolve) => {
    let said = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(first));
    const drip = next && setInterval(() => socket.writable && socket.write(next()), 500);
    socket.on('data', (data) => (said += data.toString()));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearInterval(drip);
      resolve({ said, ms: performance.now() - begun });
    });
  });
}

/** The answers in the received bytes, one after another, each with a Content-Length. */
export function answersIn(said: string): { status: number; head: string; body: string }[] {
  const answers: { status: number; head: string; body: string }[] = [];
  for (let rest = said; rest !== '';) {
    const end = rest.indexOf('\r\n\r\n') + 4;
    const head = rest.slice(0, end);
    const length = Number(/\r\ncontent-length: (\d+)\r\n/i.exec(head)?.[1]);
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1]);
    answers.push({ status, head, body: rest.slice(end, end + length) });
    rest = rest.slice(end + length);
  }
  return answers;
}
