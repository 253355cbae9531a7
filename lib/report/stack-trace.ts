/** Where a packaged function broke, in the words of the sources. */
import { SourceMap } from 'node:module';

/** A source map as the packaging writes it: `file` is the bundle's path in the zip. */
export interface BundleMap {
  readonly file: string;
  readonly version: number;
  readonly sources: string[];
  readonly sourcesContent: string[];
  readonly names: string[];
  readonly mappings: string;
}

/** A place in a bundle as V8 prints it, whatever folder it was unpacked into. */
const PLACE = /(?:file:\/\/)?[^\s()"']*?(handlers\/[\w-]+\.js):(\d+):(\d+)/g;

/**
 * The text, a stack trace or a log that holds some, with each place in a bundle replaced by its place in the sources.
 * @param maps by the path that stack traces show, like `handlers/on-tick.js`. A place without a map stays as it is.
 */
export function inSources(text: string, maps: ReadonlyMap<string, BundleMap>): string {
  const read = new Map<string, SourceMap>();
  return text.replace(PLACE, (place, file: string, line: string, column: string) => {
    const bundle = maps.get(file);
    if (bundle === undefined) return place;
    const map = read.get(file) ?? new SourceMap({ ...bundle, sourceRoot: '' });
    read.set(file, map);
    // The map counts from zero.
    const entry = map.findEntry(Number(line) - 1, Number(column) - 1);
    if (!('originalSource' in entry)) return place;
    return `${entry.originalSource}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
  });
}
