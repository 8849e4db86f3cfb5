import test from 'ava';

/**
 * `test` of AVA for what needs, besides an engine, a proxy, Podman, Compose or the like (`tools/lab/install/servers.ts`);
 * those of a file run one after the other. Skipped where these cannot be had (`npm test` says why).
 */
export const serialServerTest =
  process.env.FAIRLEAD_NO_LAB || process.env.FAIRLEAD_NO_SERVERS ? test.serial.skip : test.serial;
