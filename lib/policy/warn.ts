import { type Finding, type Path, pathText } from './problem.ts';

/** A warning when `wrong`: the field's path goes before `message`. */
export function warnIf(wrong: boolean, path: Path, code: string, message: string): Finding[] {
  return wrong ? [{ path, code, message: `${pathText(path)}: ${message}` }] : [];
}
