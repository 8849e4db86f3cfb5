import type { AgentProblemCode } from '../../../protocol/problems/agent.js';
import type { Clock } from '../../../protocol/time/clock.js';
import type { Logger } from '../log.js';
import type { CheckInRecord } from './check-in-record.js';
import { RefreshedFile } from './refreshed-file.js';

/** A tunnel of the agent: the environment's, or its node's. */
export interface TunnelFacts {
  readonly isOpen: boolean;
  /** Tunnels opened so far. */
  readonly opened: number;
}

export interface AgentMetrics {
  readonly version: string;
  readonly checkIns: Pick<CheckInRecord, 'state' | 'succeeded' | 'failed'>;
  readonly isEngineUp: boolean;
  readonly tunnels: Readonly<Record<'environment' | 'node', TunnelFacts>>;
}

/** Readable for the exporter, which runs as another user. */
const MODE = 0o644;

/** The file of `EDGE_METRICS_FILE`, for the textfile collector of node_exporter: the agent opens no port. */
export class MetricsFile extends RefreshedFile {
  constructor(
    path: string,
    metrics: () => AgentMetrics,
    { clock, logger }: { clock: Clock; logger: Pick<Logger, 'warn' | 'info'> },
  ) {
    super({
      path,
      text: () => metricsText(metrics()),
      mode: MODE,
      clock,
      onFailure: (err) => {
        const code = 'metrics-unwritable' satisfies AgentProblemCode;
        logger.warn({ code, path, err }, 'the metrics file cannot be written');
      },
      onRecovery: () => logger.info({ path }, 'the metrics file is written again'),
    });
  }
}

/** The metrics in the text format of Prometheus. Names that node_exporter has of itself must not occur. */
export function metricsText({ version, checkIns, isEngineUp, tunnels }: AgentMetrics): string {
  const { succeededAtMs } = checkIns.state;
  const { environment, node } = tunnels;
  const { user, system } = process.cpuUsage();
  return [
    metric('build_info', 'gauge', 'Version of the agent; always 1', [`{version="${version}"} 1`]),
    metric('check_ins_total', 'counter', 'Check-ins by result', [
      `{result="succeeded"} ${checkIns.succeeded}`,
      `{result="failed"} ${checkIns.failed}`,
    ]),
    metric(
      'last_check_in_timestamp_seconds',
      'gauge',
      'Last successful check-in, Unix time; absent before',
      succeededAtMs === null ? [] : [` ${succeededAtMs / 1_000}`],
    ),
    metric('engine_up', 'gauge', 'Whether the engine answers', [` ${Number(isEngineUp)}`]),
    metric('tunnel_open', 'gauge', 'Whether the tunnel is open', [
      `{purpose="environment"} ${Number(environment.isOpen)}`,
      `{purpose="node"} ${Number(node.isOpen)}`,
    ]),
    metric('tunnels_opened_total', 'counter', 'Tunnels that were opened', [
      `{purpose="environment"} ${environment.opened}`,
      `{purpose="node"} ${node.opened}`,
    ]),
    metric('resident_memory_bytes', 'gauge', 'Resident memory of the agent', [
      ` ${process.memoryUsage.rss()}`,
    ]),
    metric('cpu_seconds_total', 'counter', 'User and system CPU time of the agent', [
      ` ${(user + system) / 1e6}`,
    ]),
  ].join('');
}

function metric(suffix: string, type: 'counter' | 'gauge', help: string, samples: readonly string[]): string {
  const name = `fairlead_agent_${suffix}`;
  const lines = [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...samples.map((each) => name + each)];
  return `${lines.join('\n')}\n`;
}
