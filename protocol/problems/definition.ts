/** What is known about one code: the only place for its status and its texts. */
export interface ProblemDefinition {
  /** HTTP status; absent: no HTTP answer has this code. */
  readonly status?: number;
  /** Exit code of the process that ends with it. */
  readonly exit?: number;
  /** What happened: the `detail` of the answer and the text in logs. Plain text, no full stop. */
  readonly sentence: string;
  /** More about the cause; replaces the sentence in docs/errors.md. Markdown. */
  readonly cause?: string;
  /** What to do, in docs/errors.md, the panel and the agent's log. Markdown, no full stop. */
  readonly nextStep: string;
  /** The caller gets the code only. */
  readonly isSilent?: true;
}

/** Definitions by code. */
export type ProblemDefinitions<Code extends string> = Readonly<Record<Code, ProblemDefinition>>;
