/** Placeholder while the core is being written: the table of reason codes comes here. */
export type ReasonCode = string;
