import { EXIT, Failure } from '../failure.js';

/** Where the bundled host has the plugin. */
const MOUNT = '/edge';

/**
 * The plugin's base URL from what a user types: `hub.example:9443`, `https://hub.example:9443`, or with the path at which
 * another dashboard has the plugin.
 */
export function parseHubAddress(text: string): string {
  const usage = (message: string) =>
    new Failure(message, {
      exitCode: EXIT.usage,
      nextStep: 'Use an address such as https://hub.example:9443',
    });
  const candidate = text.includes('://') ? text : `https://${text}`;
  if (!URL.canParse(candidate)) throw usage(`Not an address: ${text}`);
  const url = new URL(candidate);
  if (url.protocol !== 'https:') throw usage('A hub is reached by https only: anybody could read the token');
  if (url.username || url.password || url.search || url.hash)
    throw usage('The address must not have a user, a query or a fragment');
  const path = url.pathname.replace(/\/+$/, '');
  return `${url.origin}${path === '' ? MOUNT : path}`;
}

/** Whether it is what {@link parseHubAddress} makes. */
export function isHubUrl(value: unknown): value is string {
  try {
    return typeof value === 'string' && parseHubAddress(value) === value;
  } catch {
    return false;
  }
}
