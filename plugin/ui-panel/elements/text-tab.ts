/** One text to copy. */
export interface Paste {
  /** Its name, for the button: `the command for Docker`. */
  readonly label: string;
  /** Instruction above it. */
  readonly note: string;
  readonly text: string;
}

export interface TextTab {
  /** Unique; letters only. */
  readonly id: string;
  readonly label: string;
  /** In order. */
  readonly pastes: readonly Paste[];
}
