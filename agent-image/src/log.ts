import pino, { type DestinationStream, type Logger } from 'pino';
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
  const sink = isPretty ? { write: (line: string) => void out.write(pretty(line, isTerminal)) } : out;
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

const COLORS: Readonly<Record<string, number>> = { warn: 33, error: 31, fatal: 41 };

/** A JSON line of the log for people: `[12:00:00.000] INFO: message`, and each other member on separate lines. */
function pretty(line: string, isColored: boolean): string {
  const { level, time, msg = '', ...members } = JSON.parse(line);
  const at = new Date(time);
  const [hours, minutes, seconds] = [at.getHours(), at.getMinutes(), at.getSeconds()].map(padded);
  const label = `${level}`.toUpperCase();
  const head = isColored ? `\u001b[${COLORS[level] ?? 32}m${label}\u001b[39;49m` : label;
  const details = Object.entries(members).map(([name, value]) => {
    // The lines of a stack are lines here, too.
    const text = JSON.stringify(value, null, 2).replaceAll('\\n', '\n');
    return `    ${name}: ${text.replaceAll('\n', '\n    ')}\n`;
  });
  const clock = `${hours}:${minutes}:${seconds}.${String(at.getMilliseconds()).padStart(3, '0')}`;
  return `[${clock}] ${head}: ${msg}\n${details.join('')}`;
}

function padded(value: number): string {
  return String(value).padStart(2, '0');
}
