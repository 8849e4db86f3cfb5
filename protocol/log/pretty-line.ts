const LEVELS: Readonly<Record<string, string>> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
};
const COLORS: Readonly<Record<string, number>> = { warn: 33, error: 31, fatal: 41 };

/**
 * A JSON line of pino's for people: `[12:00:00.000] INFO: message`, and each other member on separate lines. No key or
 * value starts a line, moves the cursor or turns the direction of text: such characters stay escaped. Only the lines of a stack are separate.
 */
export function prettyLine(line: string, isColored: boolean): string {
  const { level, time, msg = '', ...members } = JSON.parse(line);
  const at = new Date(time);
  const [hours, minutes, seconds] = [at.getHours(), at.getMinutes(), at.getSeconds()].map(padded);
  const name = LEVELS[level] ?? String(level);
  const label = name.toUpperCase();
  const head = isColored ? `\u001b[${COLORS[name] ?? 32}m${label}\u001b[39;49m` : label;
  const details = Object.entries(members).map(([key, value]) => {
    const text = JSON.stringify(value, stackAsLines, 2);
    return `    ${JSON.stringify(key).slice(1, -1)}: ${text.replaceAll('\n', '\n    ')}\n`;
  });
  const clock = `${hours}:${minutes}:${seconds}.${String(at.getMilliseconds()).padStart(3, '0')}`;
  return `[${clock}] ${head}: ${escaped(JSON.stringify(msg).slice(1, -1))}\n${escaped(details.join(''))}`;
}

function stackAsLines(key: string, value: unknown): unknown {
  return key === 'stack' && typeof value === 'string' ? value.split('\n') : value;
}

/** JSON leaves some characters that terminals and log viewers obey or treat as a line break. */
function escaped(json: string): string {
  return json.replace(/[\u007f-\u009f\u2028\u2029]|\p{Cf}/gu, (character) =>
    // By UTF-16 units, as in JSON.
    Array.from({ length: character.length }, (_, index) => {
      return `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`;
    }).join(''),
  );
}

function padded(value: number): string {
  return String(value).padStart(2, '0');
}
