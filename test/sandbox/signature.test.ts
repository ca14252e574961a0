import { describe, expect, it } from '@jest/globals';
import { signatureHeader, signedText } from '../../sandbox/dintero/callbacks/signature.ts';

const vector = {
  secret: '123',
  account: 'P00000000',
  method: 'GET',
  url: 'https://example.com/callback?B=123&A=992',
  t: 1582236537,
};

describe('sandbox signature', () => {
  it('is the official one for the official vector', () => {
    expect(signatureHeader(vector)).toBe(
      't=1582236537,v0-hmac-sha256=6bed2ab1b919d460ef7465a20dc6c97260dca73fab6647106ca525f0908df64a',
    );
  });

  it('keeps equal names in order, encodes like a form and leaves the port out', () => {
    const url = "https://example.com:8443/a%20b?b=~'()&report_event=REFUND&report_event=CAPTURE&B=a+b:";
    expect(signedText({ ...vector, url })).toBe(
      [
        '1582236537\nP00000000\nGET\nexample.com\n/a%20b',
        'B=a+b%3A&b=%7E%27%28%29&report_event=REFUND&report_event=CAPTURE',
      ].join('\n'),
    );
  });
});
