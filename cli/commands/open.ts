import type { Command } from 'commander';
import type { TunnelView } from '../../plugin/api.js';
import { plain } from '../../protocol/problems/problem.js';
import { definitionOf } from '../../protocol/problems.js';
import { EXIT, Failure } from '../failure.js';
import { failureOf } from '../failure-of.js';
import { findEnvironment } from '../hub/environments.js';
import { wakeTunnel } from '../hub/wake-tunnel.js';
import type { Runtime } from '../runtime.js';
import { type GlobalOptions, Session } from '../session.js';
import { ago, duration } from '../terminal/duration.js';
import { parseSeconds } from './parse-options.js';

interface OpenOptions extends GlobalOptions {
  readonly wait: number;
}

/** One step of the way to the engine. */
interface Step {
  readonly step: string;
  readonly text: string;
  readonly ms: number;
}

/** `fairlead open NAME`. */
export function addOpen(program: Command, runtime: Runtime): void {
  program
    .command('open')
    .description('Open the tunnel of an environment, and show each step with its time')
    .argument('<name>', 'name or id of the environment')
    .option('--wait <seconds>', 'how long to wait for the tunnel', parseSeconds, 60)
    .addHelpText('after', '\nExample:\n  fairlead open shop --wait 120')
    .action(async (name: string, _options, command: Command) =>
      open(new Session(runtime), name, command.optsWithGlobals()),
    );
}

async function open(session: Session, name: string, options: OpenOptions): Promise<void> {
  const { output, runtime } = session;
  const { clock } = runtime;
  const steps: Step[] = [];
  const report = (step: string, text: string, ms: number) => {
    steps.push({ step, text, ms: Math.round(ms) });
    if (!options.json) output.check('ok', step, text);
  };
  /** The step that fails, if one does. */
  let current = 'hub';
  const startedMs = clock.monotonic();
  const passedMs = () => clock.monotonic() - startedMs;
  try {
    const hub = await session.client(options);
    const { id, status, lastCheckInAt, problem, tunnel } = await findEnvironment(hub, name);
    report('hub', `${hub.url} answered in ${duration(passedMs())}`, passedMs());

    current = 'agent';
    if (status !== 'online' && status !== 'degraded') throw notOnline(status, problem);
    const seen = lastCheckInAt === null ? 'none yet' : ago(clock.now() - Date.parse(lastCheckInAt));
    report('agent', `${status}, last check-in ${seen}`, passedMs());

    current = 'credential';
    const wokenMs = clock.monotonic();
    const onView = ({ state, progress }: TunnelView) => {
      const ms = clock.monotonic() - wokenMs;
      if (current === 'credential' && (state === 'active' || progress === 'credential-sent')) {
        current = 'tunnel';
        report(
          'credential',
          tunnel === 'active' ? 'not needed, the tunnel is open' : `sent after ${duration(ms)}`,
          ms,
        );
      }
      if (current === 'tunnel' && state === 'active') {
        current = 'engine';
        report('tunnel', `active after ${duration(ms)}`, ms);
      }
    };
    await wakeTunnel(hub, runtime, id, { seconds: options.wait, onView });

    const pingedMs = clock.monotonic();
    await hub.callEngine('GET', id, '/_ping');
    const pingMs = clock.monotonic() - pingedMs;
    report('engine', `answered in ${duration(pingMs)}`, pingMs);
    if (options.json) output.json({ ok: true, steps });
  } catch (error) {
    const failure = failureOf(error);
    const { message, nextStep, code, exitCode } = failure;
    if (options.json) {
      output.json({ ok: false, steps, failed: { step: current, message, code, nextStep } });
      throw failure;
    }
    output.check('fail', current, message, nextStep);
    throw new Failure('', { exitCode });
  }
}

function notOnline(status: string, problem: { code: string; detail: string } | null): Failure {
  const code = problem?.code ?? (status === 'new' ? 'environment-not-associated' : 'environment-offline');
  const known = definitionOf(code);
  return new Failure(`${status}: ${problem?.detail ?? known?.sentence}`, {
    exitCode: EXIT.unreachable,
    code,
    nextStep: known && plain(known.nextStep),
  });
}
