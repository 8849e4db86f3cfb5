/** Splits a command line at blanks outside of quotes; `\` escapes the next character. No variables, no patterns. */
export function splitCommand(line: string): string[] {
  const parts = /\s+|'([^']*)'?|"((?:\\.|[^"\\])*)"?|\\(.)|([^\s'"\\]+)|\\$/gs;
  const words: string[] = [];
  let isInside = false;
  for (const [whole, single, double, escaped, plain] of line.matchAll(parts)) {
    if (/^\s/.test(whole)) {
      isInside = false;
      continue;
    }
    const text = single ?? double?.replace(/\\(["\\$`])/g, '$1') ?? escaped ?? plain ?? '';
    if (isInside) words[words.length - 1] += text;
    else words.push(text);
    isInside = true;
  }
  return words;
}
