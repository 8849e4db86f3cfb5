import type { Clock } from '../../protocol/time/clock.js';
import type { AuthFailureLog } from './agents/auth-failure-log.js';
import type { CheckIns } from './agents/check-ins.js';
import type { Enrolment } from './agents/enrolment.js';
import type { IdleClose } from './agents/idle-close.js';
import type { Tickets } from './docker/console/tickets.js';
import type { AllNodeLists } from './docker/lists/all-node-lists.js';
import type { DockerProxy } from './docker/proxy/proxy.js';
import type { EnvironmentAdmin } from './environments/admin.js';
import type { EventStreams } from './events/event-streams.js';
import type { Host, Logger } from './host.js';
import type { JsonWorker } from './json/json-worker.js';
import type { Availability } from './live/availability.js';
import type { LiveEnvironments } from './live/environments.js';
import type { ResolvedOptions } from './options.js';
import type { SelfTest } from './reachability/self-test.js';
import type { SnapshotFiles } from './snapshots/files.js';
import type { Store } from './store/store.js';
import type { TunnelSource } from './tunnel/source.js';
import type { EnvironmentDirectory } from './views/list/directory.js';
import type { WebhookAdmin } from './webhooks/admin.js';
import type { CallLog } from './webhooks/call-log.js';
import type { WebhookInbox } from './webhooks/inbox.js';

/** Dependencies of routes; created and wired in `assembly/`, once per start. */
export interface Services {
  readonly options: ResolvedOptions;
  /** The port that the tunnel listens on. */
  readonly tunnelPort: number;
  readonly host: Host;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly store: Store;
  readonly json: JsonWorker;
  readonly live: LiveEnvironments;
  readonly authFailures: AuthFailureLog;
  readonly checkIns: CheckIns;
  readonly enrolment: Enrolment;
  readonly admin: EnvironmentAdmin;
  readonly snapshots: SnapshotFiles;
  readonly idleClose: IdleClose;
  readonly availability: Availability;
  readonly docker: DockerProxy;
  readonly lists: AllNodeLists;
  readonly tunnels: TunnelSource;
  readonly tickets: Tickets;
  readonly webhookAdmin: WebhookAdmin;
  readonly webhookInbox: WebhookInbox;
  readonly callLog: CallLog;
  readonly directory: EnvironmentDirectory;
  readonly eventStreams: EventStreams;
  readonly selfTest: SelfTest;
}
