import type { Clock } from '../../../protocol/time/clock.js';
import { TUNNEL } from '../../../protocol/tunnel/tunnel-settings.js';
import { onAbort } from '../model/on-abort.js';

/** Asks an agent to report its engine's place; `stop` ends its wait. */
export type ReportQuestion = (stop: AbortSignal) => Promise<unknown>;

/**
 * Resolves when the reports so far are enough, when all questions have settled, or after 7 s.
 * @param isEnough is asked after each report
 * @throws the reason of `signal`, when that aborts before
 */
export async function askReports(
  questions: readonly ReportQuestion[],
  isEnough: () => boolean,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  const stop = new AbortController();
  let cancel = () => {};
  let stopListening = () => {};
  try {
    await new Promise<void>((resolve, reject) => {
      cancel = clock.after(TUNNEL.reportMs, resolve);
      stopListening = onAbort(signal, () => reject(signal.reason));
      const ask = async (question: ReportQuestion) => {
        // A tunnel that does not open is one report less.
        await question(stop.signal).catch(() => undefined);
        if (isEnough()) resolve();
      };
      Promise.all(questions.map(ask)).then(() => resolve(), reject);
    });
  } finally {
    cancel();
    stopListening();
    stop.abort();
  }
}
