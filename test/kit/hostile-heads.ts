/** As an agent sends it. */
export const SHORT_GET =
  'GET /edge/agent/check-in?engine=up HTTP/1.1\r\nauthorization: Fairlead env=1, mac=x\r\nif-none-match: "tag"\r\nprefer: wait=50\r\nHost: hub:9443\r\n\r\n';

const withLine = (line: string) => SHORT_GET.replace('Host:', `${line}\r\nHost:`);

/** Requests that two parsers could read in two ways, or that are not short GETs at all. */
export const HOSTILE_HEADS: readonly (readonly [title: string, text: string])[] = [
  ['a pipelined second request', SHORT_GET + SHORT_GET],
  ['a byte after the end', `${SHORT_GET}x`],
  ['a line end before the start', `\r\n${SHORT_GET}`],
  ['a body by Content-Length', withLine('Content-Length: 3').concat('abc')],
  ['an empty body by Content-Length', withLine('Content-Length: 0')],
  ['a chunked body', withLine('Transfer-Encoding: chunked').concat('0\r\n\r\n')],
  ['two Content-Lengths', withLine('Content-Length: 0\r\nContent-Length: 5')],
  ['a doubled Host', withLine('Host: other')],
  ['a doubled Authorization', withLine('Authorization: Fairlead env=2, mac=y')],
  ['a doubled Prefer in capitals', withLine('PREFER: wait=1')],
  ['no Host', SHORT_GET.replace('Host: hub:9443\r\n', '')],
  ['a bare LF', SHORT_GET.replace('"tag"\r\n', '"tag"\n')],
  ['bare LFs', SHORT_GET.replaceAll('\r\n', '\n')],
  ['a bare CR', SHORT_GET.replace('"tag"\r\n', '"tag"\r')],
  ['a folded line', SHORT_GET.replace('wait=50', 'wait=50\r\n x')],
  ['a space before the colon', SHORT_GET.replace('prefer:', 'prefer :')],
  ['no space after the colon', SHORT_GET.replace('prefer: ', 'prefer:')],
  ['a tab after the colon', SHORT_GET.replace('prefer: ', 'prefer:\t')],
  ['a space after a value', SHORT_GET.replace('wait=50', 'wait=50 ')],
  ['an empty value', SHORT_GET.replace('wait=50', '')],
  ['a NUL', SHORT_GET.replace('wait', 'wa\0it')],
  ['a byte beyond ASCII', SHORT_GET.replace('wait', 'wa\xe9it')],
  ['the absolute form', SHORT_GET.replace('/edge', 'https://hub:9443/edge')],
  ['the authority form', SHORT_GET.replace('/edge/agent/check-in?engine=up', 'hub:9443')],
  ['two spaces after the method', SHORT_GET.replace('GET ', 'GET  ')],
  ['a space in the target', SHORT_GET.replace('?engine', ' ?engine')],
  ['another method', SHORT_GET.replace('GET', 'POST')],
  ['HEAD', SHORT_GET.replace('GET', 'HEAD')],
  ['HTTP/1.0', SHORT_GET.replace('HTTP/1.1', 'HTTP/1.0')],
  ['HTTP/0.9', 'GET /edge/agent/check-in\r\n'],
  ['Connection: close', withLine('Connection: close')],
  ['an upgrade', withLine('Connection: Upgrade\r\nUpgrade: tcp')],
  ['Expect', withLine('Expect: 100-continue')],
  ['an unknown header', withLine('X-Forwarded-For: 10.0.0.1')],
  ['a header without a name', withLine(': x')],
  ['a header of 100 KB', SHORT_GET.replace('wait=50', 'x'.repeat(100_000))],
  ['a target of 100 KB', SHORT_GET.replace('engine=up', 'x'.repeat(100_000))],
  ['the HTTP/2 preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ['nothing', ''],
];
