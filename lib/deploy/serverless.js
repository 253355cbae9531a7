// The framework reads variables from .js files only; Node does the rest.
export { outpost, resources } from './generate.ts';
export { commonStatements as statements } from './permissions.ts';
