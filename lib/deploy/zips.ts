/** What becomes of the zips that serverless-esbuild makes. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { unzipSync } from 'fflate';
import { ZipFile } from 'yazl';

/** The same content always makes the same zip, so that Lambda sees no change where there is none. */
const MODIFIED = new Date('1980-01-01T00:00:00');
const READABLE = 0o100644;

/** A source map, as far as it is touched here. */
interface SourceMap {
  readonly sources: readonly string[];
}

/**
 * Packs a zip anew: as small as zlib can (the plugin packs as fast as it can: an eighth larger at best speed), and without
 * the source map, which alone would be larger than all else; that becomes `<name>.map` in a folder of its own. In it the
 * paths of sources are those of this repository, and `file` is the path in the zip, which stack traces show.
 * @param path the zip's path.
 * @param maps the folder for the source maps; made when it is not there.
 */
export async function repack(path: string, maps: string): Promise<void> {
  mkdirSync(maps, { recursive: true });
  const kept = new ZipFile();
  for (const [name, bytes] of Object.entries(unzipSync(readFileSync(path)))) {
    if (name.endsWith('.map')) writeFileSync(join(maps, `${basename(path, '.zip')}.map`), mapOf(name, bytes));
    else {
      // The old kind of timestamp has no zone: the same bytes wherever it is packed.
      const same = { mtime: MODIFIED, mode: READABLE, forceDosTimestamp: true };
      kept.addBuffer(Buffer.from(bytes), name, { ...same, compressionLevel: 9 });
    }
  }
  kept.end();
  writeFileSync(path, await buffer(kept.outputStream));
}

function mapOf(name: string, bytes: Uint8Array): string {
  const map: SourceMap = JSON.parse(new TextDecoder().decode(bytes));
  const sources = map.sources.map((source) => source.replace(/^(?:\.\.\/)+/, ''));
  return JSON.stringify({ ...map, file: name.replace(/\.map$/, ''), sources });
}
