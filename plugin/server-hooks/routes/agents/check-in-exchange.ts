/** The parts of a check-in's head that count. */
export interface CheckInHead {
  readonly method: string | undefined;
  /** Path and query as sent. */
  readonly url: string;
  readonly authorization: string | undefined;
  readonly ifNoneMatch: string | undefined;
  readonly prefer: string | undefined;
}

/** Where the answer to a check-in goes. */
export interface CheckInExchange {
  /** Of the answer, once there is one. */
  readonly statusCode: number;
  /** Whether it was answered. */
  readonly headersSent: boolean;
  /** Sends the whole answer; does nothing if it was answered or is closed. */
  answer(status: number, headers: Readonly<Record<string, string>>, body: Uint8Array): void;
  /** Aborts the exchange, so that the agent notices. */
  abort(): void;
  /** Calls `listener` after the answer, or when the connection closes; immediately if it has. */
  once(event: 'close', listener: () => void): void;
}
