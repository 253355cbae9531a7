/** `drill`: rehearses an outage. */
import type { Command } from 'commander';
import type { End, Io } from './io.ts';
export function addDrill(_program: Command, _io: Io, _end: End): void {}
