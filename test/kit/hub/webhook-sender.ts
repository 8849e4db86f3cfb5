import { randomUUID } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';
import { Webhook } from 'standardwebhooks';
import type { WebhookAnswer } from '../../../plugin/api.js';

/** What the hub answered to a webhook's message. */
export interface SentAnswer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: WebhookAnswer & { readonly code?: string; readonly environmentId?: number };
  readonly text: string;
}

export interface Sending {
  /** `webhook-id`; default: a new one. */
  readonly id?: string;
  /** Default: now. */
  readonly atMs?: number;
  /** Replace what the library would send; undefined leaves one out. */
  readonly headers?: http.OutgoingHttpHeaders;
  /** Sent as it is, and signed so. */
  readonly raw?: Buffer | string;
}

/** The headers of a message as the reference library signs it. */
export function signedHeaders(
  secret: string,
  text: string,
  { id = `msg_${randomUUID()}`, atMs = Date.now() }: Sending = {},
): Record<string, string> {
  const at = new Date(atMs);
  return {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(atMs / 1000)),
    'webhook-signature': new Webhook(secret).sign(id, at, text),
  };
}

/** Posts one signed message; any certificate will do. */
export function sendWebhook(
  { url, secret }: { readonly url: string; readonly secret: string },
  message: unknown,
  sending: Sending = {},
): Promise<SentAnswer> {
  const bytes = Buffer.from(sending.raw ?? JSON.stringify(message));
  const given = { ...signedHeaders(secret, bytes.toString('utf8'), sending), ...sending.headers };
  const headers = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return new Promise((resolve, reject) => {
    const { request } = url.startsWith('https:') ? https : http;
    const options = { method: 'POST', headers, agent: false, rejectUnauthorized: false } as const;
    const req = request(url, options, (res) => {
      const chunks: Buffer[] = [];
      res.on('data', (chunk: Buffer) => chunks.push(chunk));
      res.on('error', reject);
      res.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        resolve({
          status: res.statusCode ?? 0,
          headers: res.headers,
          body: text === '' ? {} : JSON.parse(text),
          text,
        });
      });
    });
    req.on('error', reject);
    req.end(bytes);
  });
}
