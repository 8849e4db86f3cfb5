import { readdir, readFile } from 'node:fs/promises';
import net from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import { TUNNEL_ALPN } from '../../../protocol/version.js';
import { HOSTILE_FRAMES } from '../../kit/fault/hostile-frames.js';
import { dialStubborn } from '../../kit/fault/stubborn-client.js';
import { type Hub, startHub } from '../../kit/hub/hub.js';
import { openTunnel, startHubAndAgent } from '../../kit/hub-and-agent.js';
import { EMPTY_SETTINGS, PREFACE } from '../../kit/tunnel/h2-frames.js';

/** Set it for a longer soak. */
const SECONDS = Number(process.env.FAIRLEAD_SOAK_SECONDS ?? 30);
const OPEN_FILES = 500;
/** Connections with hostile frames, a second, half of them to each port. */
const RATE = 40;
/** Silent connections to the tunnel port, from this many addresses; more than may wait there. */
const SILENT_ADDRESSES = 9;
const SILENT_PER_ADDRESS = 20;
/** Each tunnel is closed after so many calls: the agent then has to connect among the hostile ones. */
const CALLS_PER_TUNNEL = 50;
const SETTLE_MS = 100_000;
/** In a short run V8 still lets its heap grow. */
const LEAK_BYTES = (SECONDS < 300 ? 160 : 64) * 1024 * 1024;

const KINDS = Object.values(HOSTILE_FRAMES);
/** Goes away, resets, or stays for as long as the hub lets it. */
const LEAVES = ['destroy', 'resetAndDestroy', null] as const;

/** All hostile clients together, until `stop`; those that stay connected, until `leave`. */
class Attack {
  readonly #hub: Hub;
  readonly #open = new Set<net.Socket>();
  #isOver = false;
  connections = 0;

  constructor(hub: Hub) {
    this.#hub = hub;
  }

  async run(): Promise<void> {
    const silent = Array.from({ length: SILENT_ADDRESSES * SILENT_PER_ADDRESS }, (_, n) =>
      this.#beSilent(`127.0.3.${1 + (n % SILENT_ADDRESSES)}`),
    );
    const sent: Promise<void>[] = [];
    const startedMs = performance.now();
    for (let n = 0; !this.#isOver; n++) {
      sent.push(this.#send(n));
      await delay(startedMs + ((n + 1) * 1_000) / RATE - performance.now());
    }
    await Promise.all([...silent, ...sent]);
  }

  stop(): void {
    this.#isOver = true;
  }

  leave(): void {
    this.stop();
    for (const socket of this.#open) socket.destroy();
  }

  async #send(n: number): Promise<void> {
    const isTunnel = n % 2 === 0;
    const bytes = KINDS[Math.floor(n / 2) % KINDS.length] ?? EMPTY_SETTINGS;
    const leave = LEAVES[Math.floor(n / 2 / KINDS.length) % LEAVES.length];
    const [port, alpn] = isTunnel ? [this.#hub.tunnelPort, TUNNEL_ALPN] : [this.#hub.port, 'h2'];
    this.connections++;
    try {
      const { socket, tcp } = await dialStubborn(port, alpn, `127.0.4.${1 + (n % 32)}`);
      this.#keep(tcp);
      socket.resume();
      const begin = isTunnel ? EMPTY_SETTINGS : Buffer.concat([PREFACE, EMPTY_SETTINGS]);
      await new Promise((resolve) => socket.write(Buffer.concat([begin, bytes]), resolve));
      if (leave) tcp[leave]();
    } catch {
      // Evicted before its handshake was over.
    }
  }

  async #beSilent(localAddress: string): Promise<void> {
    while (!this.#isOver) {
      const socket = net.connect({ host: '127.0.0.1', port: this.#hub.tunnelPort, localAddress });
      this.connections++;
      this.#keep(socket);
      await new Promise((resolve) =>
        socket
          .on('error', () => undefined)
          .once('close', resolve)
          .resume(),
      );
      await delay(1_000);
    }
  }

  #keep(socket: net.Socket): void {
    // Shows when the hub has closed the connection, not only ended its side.
    socket.setKeepAlive(true, 1_000);
    this.#open.add(socket);
    socket.once('close', () => this.#open.delete(socket));
  }
}

async function descriptors({ child }: Hub): Promise<number> {
  return (await readdir(`/proc/${child.pid}/fd`)).length;
}

async function memory({ child }: Hub): Promise<number> {
  const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${child.pid}/status`, 'utf8')) ?? [];
  return Number(kib) * 1024;
}

test(`soak: ${SECONDS} s of hostile connections cost a hub with ${OPEN_FILES} descriptors none, and no call fails`, async (t) => {
  t.timeout(SECONDS * 1_000 + 300_000);
  const limited = ['sh', '-c', `ulimit -n ${OPEN_FILES}; exec "$@"`, 'sh'];
  const hub = await startHub(t, { through: limited });
  const { created, agent } = await startHubAndAgent(t, { hub });
  const docker = `/edge/api/environments/${created.id}/docker`;
  let calls = 0;
  const tookMs: number[] = [];
  const call = async () => {
    const startedMs = performance.now();
    const path = calls % 2 === 0 ? '/_ping' : '/containers/json?all=1';
    const { status } = await hub.call('GET', `${docker}${path}`);
    tookMs.push(performance.now() - startedMs);
    t.is(status, 200, `call ${calls}`);
    if (++calls % CALLS_PER_TUNNEL !== 0) return;
    t.is((await hub.call('DELETE', `/edge/api/environments/${created.id}/tunnel`)).status, 204);
    await openTunnel(hub, created.id);
    t.is((await hub.call('PATCH', '/edge/api/settings', { snapshotSeconds: 300 + (calls % 7) })).status, 200);
  };
  for (let n = 0; n < CALLS_PER_TUNNEL; n++) await call();
  const quiet = tookMs.splice(0).sort((a, b) => a - b);
  const before = await descriptors(hub);

  const attack = new Attack(hub);
  t.teardown(() => attack.leave());
  const running = attack.run();
  const startedMs = performance.now();
  const elapsed = () => performance.now() - startedMs;
  let most = 0;
  let early = 0;
  while (elapsed() < SECONDS * 1_000) {
    await call();
    most = Math.max(most, await descriptors(hub));
    if (elapsed() < SECONDS * 300) early = Math.max(early, await memory(hub));
    // A few calls a second are enough: the load is the others'.
    await delay(50);
  }
  const late = await memory(hub);
  attack.stop();
  // Those that stay are still there: the hub has to give them up by itself.
  const deadlineMs = performance.now() + SETTLE_MS;
  while ((await descriptors(hub)) > before + 2 && performance.now() < deadlineMs) await call();
  const after = await descriptors(hub);
  attack.leave();
  await running;

  const busy = tookMs.sort((a, b) => a - b);
  const median = (values: readonly number[]) => values[Math.floor(values.length / 2)]?.toFixed(1);
  t.log(
    `${attack.connections} hostile connections, ${calls} calls, ${Math.floor(calls / CALLS_PER_TUNNEL)} tunnels`,
  );
  t.log(`descriptors: ${before} before, ${most} at most, ${after} after`);
  t.log(
    `memory: ${Math.round(early / 2 ** 20)} MiB in the first third, ${Math.round(late / 2 ** 20)} MiB at the end`,
  );
  t.log(
    `a call: ${median(quiet)} ms before, ${median(busy)} ms meanwhile, ${busy.at(-1)?.toFixed(0)} ms at most`,
  );
  t.true(most < OPEN_FILES, `${most} descriptors`);
  t.true(after <= before + 2, `${before} descriptors before, ${after} after`);
  t.true(late - early < LEAK_BYTES, `${early} bytes early, ${late} late`);
  const isBad = (line: string) => /EMFILE|"level":(50|60)/.test(line);
  t.deepEqual(hub.child.lines.filter(isBad), []);
  t.false(agent.child.lines.some((line) => line.includes('uncaught')));
});
