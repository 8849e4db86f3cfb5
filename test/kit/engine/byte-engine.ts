import { createHash } from 'node:crypto';
import { EventEmitter } from 'node:events';
import type { Scope } from '../scope.js';
import { type EngineDouble, startHttpEngine } from './double.js';

/**
 * An engine made of bytes: `GET /bytes?count=&seed=` sends some that depend on the seed, `POST /hash` answers with
 * the SHA-256 of what it gets, `POST /stalled` does the same once `release()` was called, `/echo` sends back,
 * `/name` sends its name.
 */
export interface ByteEngine extends EngineDouble {
  /** Bytes accepted by answers so far: they are in transit, or in a buffer. */
  sent(): number;
  /** Lets stalled uploads continue. */
  release(): void;
}

export async function startByteEngine(t: Scope, name = 'engine'): Promise<ByteEngine> {
  const gate = new EventEmitter();
  gate.setMaxListeners(2_000);
  let sent = 0;
  const engine = await startHttpEngine(t, (req, res) => {
    const url = new URL(req.url ?? '/', 'http://engine');
    if (url.pathname === '/bytes') {
      const count = Number(url.searchParams.get('count'));
      res.writeHead(200, { 'content-length': count });
      const piece = 64 * 1024;
      let from = 0;
      const pump = () => {
        while (from < count) {
          const bytes = bytesOf(url.searchParams.get('seed') ?? '', from, Math.min(count, from + piece));
          from += bytes.length;
          sent += bytes.length;
          if (!res.write(bytes)) {
            res.once('drain', pump);
            return;
          }
        }
        res.end();
      };
      pump();
    } else if (url.pathname === '/name') {
      res.end(name);
    } else if (url.pathname === '/echo') {
      res.writeHead(200);
      res.flushHeaders();
      req.pipe(res);
    } else {
      const hash = createHash('sha256');
      const read = () => req.on('data', (chunk: Buffer) => hash.update(chunk));
      if (url.pathname === '/stalled') gate.once('release', read);
      else read();
      req.on('end', () => res.end(hash.digest('hex')));
    }
  });
  return Object.assign(engine, { sent: () => sent, release: () => void gate.emit('release') });
}

const PATTERN = 4_096;
const patterns = new Map<string, Buffer>();

/** The bytes of a seed between two positions: no two positions within 16 MiB repeat. */
export function bytesOf(seed: string, from: number, to: number): Buffer {
  const bytes = Buffer.alloc(to - from);
  let pattern = patterns.get(seed);
  if (!pattern) {
    pattern = createHash('shake256', { outputLength: PATTERN }).update(seed).digest();
    patterns.set(seed, pattern);
  }
  for (let at = 0; at < bytes.length; ) {
    const place = from + at;
    const offset = place % PATTERN;
    const length = Math.min(PATTERN - offset, bytes.length - at);
    pattern.copy(bytes, at, offset, offset + length);
    if (offset === 0 && length >= 4) bytes.writeUInt32BE(place, at);
    at += length;
  }
  return bytes;
}

/** SHA-256 of a seed's first `count` bytes, hex. */
export function hashOf(seed: string, count: number): string {
  return createHash('sha256')
    .update(bytesOf(seed, 0, count))
    .digest('hex');
}
