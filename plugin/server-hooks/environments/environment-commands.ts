import type { PrintedCommands } from '../../api.js';
import type { Host } from '../host.js';
import type { Environment } from '../model/environment.js';
import type { ResolvedOptions } from '../options.js';
import { printCommands } from './printed-commands.js';

/**
 * Commands that start an agent of this environment with a newly created key.
 * @param insecure whether they set `EDGE_INSECURE_POLL=1`; default: true if the host's certificate is from a private CA
 */
export function printedCommandsOf(
  { edgeId, name }: Environment,
  edgeKey: string,
  { options, host }: { readonly options: ResolvedOptions; readonly host: Host },
  insecure: boolean = host.caCertificate !== undefined,
): PrintedCommands {
  return printCommands({
    edgeId,
    edgeKey,
    agentImage: options.agentImage,
    insecure,
    name,
  });
}
