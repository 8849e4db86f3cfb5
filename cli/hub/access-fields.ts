/** What the fields of an access may be, wherever they were read: a hub and files on this machine can have anything. */
export const ACCESS_FIELDS = Object.freeze({
  /** The serial number of a certificate. */
  id: (value: unknown): value is string => typeof value === 'string' && /^[0-9a-f]{1,64}$/i.test(value),
  environmentId: (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) > 0,
  /** `tcp://host:port` and nothing else: a unix socket would be this machine's own engine. */
  host: (value: unknown): value is string => {
    const [, port] = /^tcp:\/\/(?:[\w.-]+|\[[\da-f:.]+\]):(\d{1,5})$/i.exec(String(value)) ?? [];
    return typeof value === 'string' && Number(port) > 0 && Number(port) <= 65_535;
  },
  /** PEM. */
  certificate: (value: unknown): value is string =>
    typeof value === 'string' && value.includes('-----BEGIN CERTIFICATE-----'),
  /** RFC 3339. */
  time: (value: unknown): value is string => typeof value === 'string' && !Number.isNaN(Date.parse(value)),
});
