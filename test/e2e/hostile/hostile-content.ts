import { httpAnswer, type Reply } from '../../kit/engine/scripts.js';

/** Runs wherever it gets a chance to, and tries to be seen: a request for `/canary`, and marks in the origin. */
const SCRIPT = `
  try { localStorage.setItem('pwned', '1'); } catch {}
  try { document.cookie = 'pwned=1; path=/; secure'; } catch {}
  try { caches.open('pwned'); } catch {}
  try { indexedDB.open('pwned'); } catch {}
  try { new Image().src = '/canary/image'; } catch {}
  try { fetch('/canary/fetch'); } catch {}
  try { alert('pwned'); } catch {}
  try { console.log('pwned'); } catch {}
`;
/** The page it is in. */
export const HOSTILE_PAGE = `<!doctype html><title>pwned</title><script>${SCRIPT}</script><img src=x onerror="${SCRIPT.replaceAll('\n', ' ').replaceAll('"', '&quot;')}">
<link rel=stylesheet href=/canary/style><iframe src=/canary/frame></iframe><meta http-equiv=refresh content="0;url=/canary/refresh">`;
const SVG = `<svg xmlns="http://www.w3.org/2000/svg"><script>${SCRIPT.replaceAll('&', '&amp;')}</script><rect width="9" height="9"/></svg>`;
const XHTML = `<html xmlns="http://www.w3.org/1999/xhtml"><head><title>x</title><script>${SCRIPT}</script></head></html>`;

/** Headers that would do something in a browser. */
const HEADERS = [
  'Set-Cookie: pwned=1; Path=/; Secure',
  'Set-Cookie: __Host-fairlead=stolen; Path=/; Secure; HttpOnly',
  'Clear-Site-Data: "*"',
  'Refresh: 0; url=/canary/refresh-header',
  'Link: </canary/link>; rel=preload; as=script, </canary/style>; rel=stylesheet',
  'Location: /canary/location',
  'Service-Worker-Allowed: /',
  'Access-Control-Allow-Origin: *',
  'Access-Control-Allow-Credentials: true',
  "Content-Security-Policy: default-src * data: blob: 'unsafe-inline' 'unsafe-eval'",
  'Cross-Origin-Resource-Policy: cross-origin',
  'Content-Disposition: inline',
  'Cache-Control: public, max-age=31536000',
  'X-Content-Type-Options: off',
  'SourceMap: /canary/map',
  'Report-To: {"group":"default","max_age":1,"endpoints":[{"url":"/canary/report"}]}',
  'NEL: {"report_to":"default","max_age":1}',
  'Speculation-Rules: "/canary/rules"',
  'Docker-Pwned: <script>alert(1)</script>',
];

/** What a browser would run, show or obey from the hub's origin, by name. */
export const HOSTILE_CONTENT: Readonly<Record<string, Reply>> = {
  html: httpAnswer('text/html; charset=utf-8', HOSTILE_PAGE, HEADERS),
  'html-no-type': httpAnswer('', HOSTILE_PAGE, HEADERS),
  'html-as-json': httpAnswer('application/json', HOSTILE_PAGE, HEADERS),
  'html-as-text': httpAnswer('text/plain', HOSTILE_PAGE, HEADERS),
  'html-utf7': httpAnswer('text/plain; charset=utf-7', '+ADw-script+AD4-alert(1)+ADw-/script+AD4-', HEADERS),
  svg: httpAnswer('image/svg+xml', SVG, HEADERS),
  xhtml: httpAnswer('application/xhtml+xml', XHTML, HEADERS),
  xml: httpAnswer('text/xml', `<?xml-stylesheet href="/canary/xsl" type="text/xsl"?>${XHTML}`, HEADERS),
  script: httpAnswer('text/javascript', SCRIPT, HEADERS),
  'script-as-json': httpAnswer('application/json', SCRIPT, HEADERS),
  'script-as-octets': httpAnswer('application/octet-stream', SCRIPT, HEADERS),
  module: httpAnswer('application/javascript', `${SCRIPT}; export default 1;`, HEADERS),
  style: httpAnswer('text/css', 'body { background: url(/canary/css) }', HEADERS),
  pdf: httpAnswer('application/pdf', '%PDF-1.4 <script>alert(1)</script>', HEADERS),
  multipart: httpAnswer(
    'multipart/x-mixed-replace; boundary=x',
    `--x\r\nContent-Type: text/html\r\n\r\n${HOSTILE_PAGE}\r\n--x--`,
    HEADERS,
  ),
  redirect: `HTTP/1.1 302 Found\r\n${HEADERS.join('\r\n')}\r\nContent-Length: 0\r\n\r\n`,
  basic: `HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm="password, please"\r\nContent-Length: 0\r\n\r\n`,
  hints: `HTTP/1.1 103 Early Hints\r\nLink: </canary/hint>; rel=preload; as=script\r\n\r\n${httpAnswer('text/html', HOSTILE_PAGE, HEADERS)}`,
  switching: 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
};
