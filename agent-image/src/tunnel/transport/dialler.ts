import type { AgentProblemCode } from '../../../../protocol/problems/agent.js';
import { codeOf, Problem } from '../../../../protocol/problems/problem.js';
import type { Clock } from '../../../../protocol/time/clock.js';
import type { TunnelPath } from '../../../../protocol/tunnel/tunnel-path.js';
import type { Logger } from '../../log.js';
import type { Transport } from './transport.js';

/** Dials by one path. */
export type DialPath = (alpn: string, signal: AbortSignal) => Promise<Transport>;

export interface TransportDiallerOptions {
  /** Absent: the hub has no tunnel port. */
  readonly dialPort?: DialPath;
  readonly dialApi: DialPath;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'warn'>;
}

/** Start of the first path before the other one, ms. */
const HEAD_START_MS = 1_000;
/** How long the API path goes first once it has won, ms. */
const REMEMBER_MS = 10 * 60_000;

/**
 * Dials the hub by the tunnel port and, a second later or once that has failed, by the API's address; the first connection
 * on which the hub is authenticated wins. Firewalls drop as often as they refuse, so waiting for a failure alone would take
 * too long. If the API path wins, it goes first for ten minutes, in which a dropping firewall costs no time.
 */
export class TransportDialler {
  readonly #options: TransportDiallerOptions;
  /** Until when the API path goes first, monotonic ms. */
  #apiFirstUntilMs = Number.NEGATIVE_INFINITY;

  constructor(options: TransportDiallerOptions) {
    this.#options = options;
  }

  /**
   * @param path for a connection that belongs to an open tunnel: only that path
   * @throws Problem that of the tunnel port; its detail has that of the API path too
   */
  async dial(alpn: string, path?: TunnelPath): Promise<Transport> {
    const { dialPort, dialApi, clock, logger } = this.#options;
    if (!dialPort || path === 'api') return await dialApi(alpn, new AbortController().signal);
    if (path === 'tunnel-port') return await dialPort(alpn, new AbortController().signal);
    const isApiFirst = clock.monotonic() < this.#apiFirstUntilMs;
    try {
      const dials = isApiFirst ? ([dialApi, dialPort] as const) : ([dialPort, dialApi] as const);
      const { transport, otherError } = await race(dials, alpn, clock);
      // The tunnel opens, but somebody may be in between on the other path.
      if (isFalseHub(otherError))
        logger.warn({ err: otherError, path: transport.path }, 'the other path leads to another hub');
      if (transport.path === 'tunnel-port') this.#apiFirstUntilMs = Number.NEGATIVE_INFINITY;
      else if (!isApiFirst) this.#apiFirstUntilMs = clock.monotonic() + REMEMBER_MS;
      return transport;
    } catch (errors) {
      this.#apiFirstUntilMs = Number.NEGATIVE_INFINITY;
      const [first, second] = errors as [unknown, unknown];
      throw isApiFirst ? bothFailed(second, first) : bothFailed(first, second);
    }
  }
}

/** Rejects with the errors of both, in their order. */
function race(
  dials: readonly [DialPath, DialPath],
  alpn: string,
  clock: Clock,
): Promise<{ readonly transport: Transport; readonly otherError: unknown }> {
  return new Promise((resolve, reject) => {
    const controllers = dials.map(() => new AbortController());
    const errors: unknown[] = [];
    let winner: number | null = null;
    let isSecondStarted = false;
    let failed = 0;
    const start = (index: 0 | 1) => {
      const signal = controllers[index]?.signal ?? AbortSignal.abort();
      dials[index](alpn, signal).then(
        (transport) => {
          if (winner !== null) {
            transport.socket.destroy();
            return;
          }
          winner = index;
          cancel();
          controllers[1 - index]?.abort(new Error('the other path was faster'));
          resolve({ transport, otherError: errors[1 - index] });
        },
        (error: unknown) => {
          errors[index] = error;
          failed++;
          if (failed === dials.length) reject(errors);
          else if (winner === null) startSecond();
        },
      );
    };
    const startSecond = () => {
      cancel();
      if (isSecondStarted) return;
      isSecondStarted = true;
      start(1);
    };
    const cancel = clock.after(HEAD_START_MS, startSecond);
    start(0);
  });
}

function isFalseHub(error: unknown): boolean {
  return codeOf(error) === ('tunnel-fingerprint-mismatch' satisfies AgentProblemCode);
}

function bothFailed(port: unknown, api: unknown): unknown {
  if (!(port instanceof Problem) || !(api instanceof Problem)) return port;
  // A false hub is more urgent than a closed port.
  const { code } = [port, api].find(isFalseHub) ?? port;
  const detail = `By the tunnel port: ${port.message} (${port.code}). By the API's address: ${api.message} (${api.code})`;
  return new Problem(code, detail, { cause: port });
}
