/** What went wrong, for whoever reads the answer. */

/** Something that went wrong and that the caller should know. */
export interface Problem {
  readonly code: string;
  readonly message: string;
  readonly service?: string | undefined;
}
