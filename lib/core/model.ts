/** The words of evenkeel as types: plain, immutable data, what `decide` takes and what it returns. */
export type * from './model-action.ts';
export type * from './model-decision.ts';
export type * from './model-observation.ts';
export type * from './model-policy.ts';
export type * from './model-state.ts';
