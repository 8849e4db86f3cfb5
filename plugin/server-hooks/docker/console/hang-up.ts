import type { Duplex } from 'node:stream';
import type { Clock } from '../../../../protocol/time/clock.js';
import type { ExecSession } from './exec-session.js';

/**
 * Runs in the container until its stdin ends. `over` before that means that the console's process ended by itself.
 * Otherwise it finds the process that the engine started with a terminal and the marker: like this script, it is a
 * child of the process that starts exec instances. Commands run from it have another parent, also under tmux or setsid.
 * Only builtins of the shell and `sleep` are used. `read` drops the NUL bytes of `environ`.
 */
const SCRIPT = `
exec 2>/dev/null
while read -r word; do [ "$word" = over ] && exit 0; done
marker=FAIRLEAD_CONSOLE=$1
fields() { IFS= read -r stat <"/proc/$1/stat" && stat=\${stat##*) }; }
marked() {
  while IFS= read -r line || [ -n "$line" ]; do
    case $line in *"$marker"*) return 0 ;; esac
  done <"/proc/$1/environ"
  return 1
}
find_leader() {
  fields $$; set -- $stat; parent=$2
  for entry in /proc/[0-9]*; do
    pid=\${entry#/proc/}
    fields "$pid" || continue
    set -- $stat
    [ "$2" = "$parent" ] && [ "$4" = "$pid" ] && [ "$5" != 0 ] && marked "$pid" && return 0
  done
  return 1
}
found=
for signal in HUP HUP HUP HUP KILL; do
  if find_leader; then found=1; kill -s $signal "$pid"; elif [ "$found" ]; then exit 0; fi
  sleep 1
done
`;
/** For a script that does not end; normally it ends within 5 s. */
const LINGER_MS = 20_000;

/**
 * Ends the process of a closed console. When the stream of an exec instance with a terminal ends, a Docker Engine keeps
 * it running, but it ends the stdin of one without a terminal. So a script in the container waits on a second stream:
 * however the console ends, by the page, the hub, the agent or the network, the script is released. Reasons and limits:
 * `docs/decisions/console-hang-up.md`.
 */
export class HangUp {
  readonly #clock: Clock;
  readonly #script: Promise<Duplex | null>;

  /** @param marker value of `FAIRLEAD_CONSOLE` in the environment of the session's process */
  constructor(session: ExecSession, marker: string, clock: Clock) {
    this.#clock = clock;
    const command = ['sh', '-c', SCRIPT, 'fairlead-hang-up', marker];
    // No shell, or a paused container: the console works without it.
    this.#script = session.runCompanion(command).catch(() => null);
  }

  /** Releases the script. @param isOver the process has ended */
  async end(isOver: boolean): Promise<void> {
    const stream = await this.#script;
    if (!stream || stream.destroyed) return;
    stream.on('error', () => undefined);
    const cancel = this.#clock.after(LINGER_MS, () => stream.destroy());
    stream.once('close', cancel);
    stream.resume();
    stream.end(isOver ? 'over\n' : undefined);
  }
}
