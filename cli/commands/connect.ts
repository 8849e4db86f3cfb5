import { resolve } from 'node:path';
import type { Command } from 'commander';
import { Forwarder, type ListenAddress } from '../connect/forwarder.js';
import { RenewingAccess } from '../connect/renewing-access.js';
import { claimSocketPath, defaultSocketPath } from '../connect/socket-path.js';
import { type TunnelReport, TunnelWatch } from '../connect/tunnel-watch.js';
import { EXIT, Failure } from '../failure.js';
import { findEnvironment } from '../hub/environments.js';
import { networkFailure } from '../hub/network-failure.js';
import type { Runtime } from '../runtime.js';
import { type GlobalOptions, Session } from '../session.js';
import { shellQuote } from '../terminal/shell-quote.js';
import { parsePort } from './parse-options.js';

interface ConnectOptions extends GlobalOptions {
  readonly socket?: string;
  readonly port?: number;
  readonly node?: string;
}

/** `fairlead connect NAME`. */
export function addConnect(program: Command, runtime: Runtime): void {
  program
    .command('connect')
    .description('Offer an environment as a local Docker socket, until interrupted')
    .argument('<name>', 'name or id of the environment')
    .option('--socket <path>', 'path of the unix socket')
    .option('--port <port>', 'listen on this port of 127.0.0.1 instead; 0: any', parsePort)
    .option('--node <node>', 'connect to this node of a Swarm: its id or name')
    .addHelpText(
      'after',
      `
For clients that know nothing but a local engine. Only this user can use the socket; a port is open to
every program on this machine, pages in a browser included.

Examples:
  fairlead connect shop
  fairlead connect shop --socket /tmp/shop.sock & curl --unix-socket /tmp/shop.sock http://d/_ping`,
    )
    .action(async (name: string, _options, command: Command) =>
      connect(new Session(runtime), name, command.optsWithGlobals()),
    );
}

async function connect(session: Session, name: string, options: ConnectOptions): Promise<void> {
  const { runtime, output } = session;
  const { clock, random, interrupted } = runtime;
  if (options.socket !== undefined && options.port !== undefined)
    throw new Failure('Use either --socket or --port', { exitCode: EXIT.usage });
  const hub = await session.client(options);
  const environment = await findEnvironment(hub, name);
  const address: ListenAddress =
    options.port === undefined
      ? { path: resolve(options.socket ?? defaultSocketPath(session, environment, options.node)) }
      : { port: options.port };
  if ('path' in address) await claimSocketPath(address.path);

  const target = {
    environmentId: environment.id,
    node: options.node,
    name: `connect on ${runtime.hostName}`,
  };
  const access = new RenewingAccess(session.accesses(hub), target, clock);
  const note = (text: string) => output.note(`${environment.name}: ${text}`);
  const forwarder = new Forwarder({
    dial: (signal) => access.dial(signal),
    clock,
    random,
    onReachable: (error) =>
      note(
        error === undefined
          ? 'the Docker port is reachable again'
          : networkFailure('the Docker port', error).message,
      ),
  });
  const watch = new TunnelWatch(hub, environment.id, clock, (report) => note(describe(report)));
  try {
    await access.start();
    const dockerHost = await forwarder.start(address);
    if (options.json) output.json({ environment: environment.name, dockerHost });
    else {
      output.line(dockerHost);
      output.note(`Use it: ${shellQuote(['docker', '-H', dockerHost, 'ps'])}. Ctrl-C ends it`);
    }
    watch.start();
    if (!interrupted.aborted)
      await new Promise((ended) => interrupted.addEventListener('abort', ended, { once: true }));
  } finally {
    watch.stop();
    await forwarder.stop();
    await access.stop();
  }
}

function describe(report: TunnelReport): string {
  if ('failure' in report) return report.failure.message;
  switch (report.state) {
    case 'active':
      return 'the tunnel is active';
    case 'required':
      return 'the tunnel is being opened';
    case 'idle':
      return 'the tunnel sleeps; the next call opens it';
  }
}
