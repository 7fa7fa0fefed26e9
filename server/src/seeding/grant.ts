/** What ties an answer to whoever decided that it may be given. */

export interface Grant {
  /** True from the moment on when the reader has lost the right. */
  readonly isCut: boolean;
  /** Called then, once, while the answer is being sent. */
  onCut: (() => void) | null;
  /** So many bytes of the file will be sent, unless something comes between. */
  promised(bytes: number): void;
  /** So many of them have been handed to the network. */
  sent(bytes: number): void;
  /** The answer is over, however it ended. Called once. */
  over(): void;
}
