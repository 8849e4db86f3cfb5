import type { PrintedCommands } from '../../api.js';
import type { Host } from '../host.js';
import type { Environment } from '../model/environment.js';
import type { AddressSources } from './agent-addresses.js';
import { printCommands } from './printed-commands.js';

/** What addresses and commands are made of. */
export interface CommandSources extends AddressSources {
  readonly host: Host;
}

/**
 * Commands that start an agent of this environment with a newly created key.
 * @param insecure whether they set `EDGE_INSECURE_POLL=1`; default: true if the host's certificate is from a private CA
 */
export function environmentCommands(
  { edgeId, name }: Environment,
  edgeKey: string,
  { options, host }: Pick<CommandSources, 'options' | 'host'>,
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
