import pino, { type DestinationStream, type Logger } from 'pino';
import { prettyLine } from '../../protocol/log/pretty-line.js';
import { codeOf, Problem } from '../../protocol/problems/problem.js';
import type { AgentConfig } from './config/read-config.js';

export type { Logger } from 'pino';

/** Members of a log entry that could hold a secret, at the top or one level down. */
const SECRETS = ['edgeKey', 'secret', 'token', 'credential', 'privateKey', 'authorization', 'password'];

/**
 * The agent's log: JSON lines on stdout, or readable lines on a terminal. An entry with `err` carries
 * the error's stable code in `code`. Written in process, without a worker, so that it works from the
 * single bundled file and nothing is lost at exit.
 * @param destination where lines go; default stdout
 */
export function createLogger(
  config: Pick<AgentConfig, 'logLevel' | 'logFormat'>,
  destination?: DestinationStream,
): Logger {
  const isTerminal = destination === undefined && process.stdout.isTTY === true;
  const isPretty = config.logFormat === 'pretty' || (config.logFormat === 'auto' && isTerminal);
  const out = destination ?? pino.destination({ dest: 1, sync: true });
  const sink = isPretty ? { write: (line: string) => void out.write(prettyLine(line, isTerminal)) } : out;
  return pino(
    {
      level: config.logLevel,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: SECRETS.flatMap((name) => [name, `*.${name}`]), censor: '[redacted]' },
      serializers: { err: describeError },
      formatters: {
        level: (label) => ({ level: label }),
        log: (entry) => (entry.err === undefined ? entry : { code: codeOf(entry.err), ...entry }),
      },
    },
    sink,
  );
}

/** A Problem is logged as code, message and causes; unexpected errors with their stack. */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  return {
    code: codeOf(error),
    message: error.message,
    ...(error.cause === undefined ? {} : { cause: describeError(error.cause) }),
    ...(error instanceof Problem || codeOf(error) !== 'internal' ? {} : { stack: error.stack }),
  };
}
