import type { PrintedCommands } from '../../api.js';
import type { Host } from '../host.js';
import type { Environment } from '../model/environment.js';
import type { ResolvedOptions } from '../options.js';
import { printCommands } from './printed-commands.js';

/** Commands that start an agent of this environment with a key that was just made. */
export function commandsOf(
  { edgeId, name }: Environment,
  edgeKey: string,
  { options, host }: { readonly options: ResolvedOptions; readonly host: Host },
): PrintedCommands {
  return printCommands({
    edgeId,
    edgeKey,
    agentImage: options.agentImage,
    insecure: host.caCertificate !== undefined,
    name,
  });
}
