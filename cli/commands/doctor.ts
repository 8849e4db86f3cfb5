import type { Command } from 'commander';
import type { Login } from '../config/logins.js';
import { ContextStore, dockerFolder } from '../docker/context-store.js';
import { describeExpiry, expiringContexts } from '../docker/expiring-contexts.js';
import { checkDockerClient } from '../doctor/check-docker-client.js';
import { checkDockerPort } from '../doctor/check-docker-port.js';
import { checkEnvironment } from '../doctor/check-environment.js';
import { checkHub } from '../doctor/check-hub.js';
import { Checklist } from '../doctor/checklist.js';
import { Failure } from '../failure.js';
import type { Runtime } from '../runtime.js';
import { type GlobalOptions, Session } from '../session.js';

/** `fairlead doctor [NAME]`. */
export function addDoctor(program: Command, runtime: Runtime): void {
  program
    .command('doctor')
    .description('Check each step from this machine to the hub, and to an engine')
    .argument('[name]', 'name or id of an environment')
    .addHelpText('after', '\nExamples:\n  fairlead doctor\n  fairlead doctor shop --json')
    .action(async (name: string | undefined, _options, command: Command) =>
      doctor(new Session(runtime), name, command.optsWithGlobals()),
    );
}

async function doctor(session: Session, name: string | undefined, options: GlobalOptions): Promise<void> {
  const { runtime, output } = session;
  const list = new Checklist(output, !options.json);
  const login = await list.run('login', async () => {
    const value = await session.login(options);
    return { text: value.url, value };
  });
  if (login !== undefined) {
    const hub = session.clientOf(login);
    if (await checkHub(list, runtime, login, hub)) {
      if (name === undefined) await checkDockerPort(list, session, login);
      else await checkEnvironment(list, session, hub, name);
    }
    await checkContexts(list, session, login);
  }
  await checkDockerClient(list, runtime);
  if (options.json) output.json({ ok: list.isOk, checks: list.results });
  const failed = list.results.find(({ result }) => result === 'fail');
  if (failed === undefined) return;
  const { check, text, nextStep, code } = failed;
  // As text, it was shown.
  throw new Failure(options.json ? `${check}: ${text}` : '', { nextStep, code });
}

async function checkContexts(list: Checklist, { runtime, accessRecords }: Session, { url }: Login) {
  const now = runtime.clock.now();
  const store = new ContextStore(dockerFolder(runtime));
  for (const context of await expiringContexts(store, accessRecords, url, now)) {
    const { text, nextStep } = describeExpiry(context, now);
    list.warn('context', text, nextStep);
  }
}
