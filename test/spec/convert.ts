/** From a folder of .wast files, or the archive of one, to what wast2json makes of them. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';

/** What is wrong with the surroundings, not with the machine. */
export class SetupError extends Error {}

export interface Converted {
  readonly name: string;
  /** Holds NAME.json and the modules. */
  readonly folder: string;
}

function run(command: string, args: readonly string[], cwd: string, remedy: string): void {
  const { error, status, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  if (error) throw new SetupError(`${command} can't be run (${error.message}): ${remedy}`);
  if (status !== 0) throw new SetupError(`${command} ${args.join(' ')} failed:\n${stderr}`);
}

/** All .wast files below a folder. */
function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.wast'))
    .map((path) => join(folder, path))
    .sort();
}

/**
 * Converts the files whose name contains `filter` into `target`, which is emptied.
 *
 * @throws SetupError if the source or a tool is missing
 */
export function convert(
  source: string,
  target: string,
  filter: string,
  onProgress: (done: number, count: number) => void,
): Converted[] {
  if (!existsSync(source)) {
    throw new SetupError(
      `${source} doesn't exist: give a folder of .wast files or a .tar.xz of one`,
    );
  }
  const place = resolve(target);
  rmSync(place, { recursive: true, force: true });
  mkdirSync(place, { recursive: true });
  let folder = resolve(source);
  if (statSync(source).isFile()) {
    folder = join(place, 'source');
    mkdirSync(folder);
    run('tar', ['xf', resolve(source), '-C', folder], place, 'install tar and xz-utils');
  }
  const files = sources(folder).filter((path) => basename(path, '.wast').includes(filter));
  if (files.length === 0) throw new SetupError(`${source} holds no .wast file named like that`);
  return files.map((path, i) => {
    onProgress(i, files.length);
    const name = basename(path, '.wast');
    const out = join(place, name);
    mkdirSync(out);
    run(
      'wast2json',
      [path, '-o', `${name}.json`],
      out,
      'it belongs to WABT; on Debian: apt-get install wabt',
    );
    return { name, folder: out };
  });
}
