import http from 'node:http';
import type net from 'node:net';
import { problem } from '../../../protocol/problems/agent.js';
import { record, text } from './engine-json.js';

/** A call as dockerode describes it. */
export interface ModemCall {
  readonly method: string;
  /** Ends in `?` if the call may have a query. */
  readonly path: string;
  readonly options?: Readonly<Record<string, unknown>>;
  /** `true` for a success, else the meaning of the failure. */
  readonly statusCodes: Readonly<Record<number, string | true>>;
}

/** Largest answer, bytes: several times a list of 20,000 containers with labels. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/** Longest part of an engine's own error message that is logged. */
const MAX_REASON = 300;

/**
 * dockerode's transport in place of docker-modem, which formats every request for a debug log. Each call has its own
 * connection, from our dialing. Serves calls without a body, as all of the agent's are.
 */
export class Modem {
  readonly #dial: (signal: AbortSignal) => Promise<net.Socket>;
  readonly #signal: AbortSignal;

  /** @param signal ends the calls and their connections */
  constructor(dial: (signal: AbortSignal) => Promise<net.Socket>, signal: AbortSignal) {
    this.#dial = dial;
    this.#signal = signal;
  }

  /** The method that dockerode calls. The answer is parsed JSON, or text if it is none. */
  dial(call: ModemCall, callback: (error: unknown, answer?: unknown) => void): void {
    this.#request(call).then((answer) => callback(null, answer), callback);
  }

  async #request(call: ModemCall): Promise<unknown> {
    const socket = await this.#dial(this.#signal);
    const abort = () => socket.destroy(this.#signal.reason);
    this.#signal.addEventListener('abort', abort);
    try {
      const { status, body } = await exchange(socket, call.method, pathOf(call));
      if (call.statusCodes[status] === true) return parsed(body);
      const reason =
        text(record(parsed(body)).message, MAX_REASON) || (call.statusCodes[status] ?? 'unexpected');
      throw Object.assign(new Error(`HTTP ${status}: ${reason}`), { statusCode: status });
    } finally {
      this.#signal.removeEventListener('abort', abort);
      socket.destroy();
    }
  }
}

function exchange(
  socket: net.Socket,
  method: string,
  path: string,
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const request = http.request({ createConnection: () => socket, host: 'engine', method, path });
    const broken = (cause: Error) => reject(problem('engine-bad-response', { cause }));
    request.on('error', broken);
    // Without a listener Node closes such a connection and reports nothing.
    request.on('upgrade', () =>
      reject(problem('engine-bad-answer', { detail: 'The engine answered with an upgrade' })),
    );
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('error', broken);
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size <= MAX_ANSWER_BYTES) chunks.push(chunk);
        else reject(problem('engine-bad-answer', { detail: 'The answer of the engine does not end' }));
      });
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }),
      );
    });
    request.end();
  });
}

/** Objects, such as filters, are JSON in the query. */
function pathOf({ path, options = {} }: ModemCall): string {
  const pairs = Object.entries(options).map(([name, value]): [string, string] => [
    name,
    typeof value === 'object' ? JSON.stringify(value) : String(value),
  ]);
  return pairs.length === 0 ? path.replace(/\?$/, '') : path + new URLSearchParams(pairs);
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}
