import { Argument, type Command } from 'commander';
import type { EnvironmentList } from '../../plugin/api.js';
import { complete, type ValueSource } from '../completion/complete.js';
import { SHELL_SCRIPTS, type Shell } from '../completion/shell-scripts.js';
import { ContextStore, dockerFolder } from '../docker/context-store.js';
import type { Runtime } from '../runtime.js';
import { type GlobalOptions, Session } from '../session.js';

/** A completion must not take longer, ms. */
const NAMES_MS = 2_000;
const MAX_NAMES = 500;

/** `fairlead completion SHELL`, and the hidden command that its scripts run. */
export function addCompletion(program: Command, runtime: Runtime): void {
  program
    .command('completion')
    .description('Print the completion script of a shell')
    .addArgument(new Argument('<shell>').choices(Object.keys(SHELL_SCRIPTS)))
    .addHelpText(
      'after',
      `
Examples:
  bash: echo 'source <(fairlead completion bash)' >> ~/.bashrc
  zsh:  echo 'source <(fairlead completion zsh)' >> ~/.zshrc
  fish: fairlead completion fish > ~/.config/fish/completions/fairlead.fish`,
    )
    .action((shell: Shell) => {
      const { output } = new Session(runtime);
      for (const line of SHELL_SCRIPTS[shell].split('\n')) output.line(line);
    });
  program
    .command('__complete', { hidden: true })
    .argument('[words...]')
    .action(async (words: string[]) => printCandidates(program, new Session(runtime), words));
}

async function printCandidates(program: Command, session: Session, words: readonly string[]): Promise<void> {
  const { candidates, source, hub } = complete(program, words.map(unquote));
  const partial = unquote(words.at(-1) ?? '');
  // Not logged in, or no network: the rest can still be completed.
  const values =
    source === undefined ? [] : await valuesOf(session, source, { hub }, partial).catch(() => []);
  for (const text of [...candidates, ...values]) if (text.startsWith(partial)) session.output.line(text);
}

async function valuesOf(
  session: Session,
  source: ValueSource,
  options: GlobalOptions,
  partial: string,
): Promise<string[]> {
  const login = await session.login(options);
  if (source === 'contexts') {
    const contexts = await new ContextStore(dockerFolder(session.runtime)).of(login.url);
    return contexts.map(({ name }) => name);
  }
  const query = new URLSearchParams({ sort: 'name', limit: String(MAX_NAMES), search: partial });
  const { body } = await session.clientOf(login).call<EnvironmentList>('GET', `/api/environments?${query}`, {
    timeoutMs: NAMES_MS,
  });
  return body.items.map(({ name }) => name);
}

/** A word as a shell would read it; the one being typed may have an open quote. */
function unquote(word: string): string {
  return word.replace(/^(['"])(.*?)\1?$/s, '$2').replaceAll(/\\(.)/g, '$1');
}
