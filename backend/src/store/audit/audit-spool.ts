import { open, type FileHandle } from 'node:fs/promises'
import type { StampedEntry } from './chain-hash.js'

/** About 20,000 entries: a day of a busy control room. */
const DEFAULT_MOST_BYTES = 16 * 1024 * 1024
const READ_BYTES = 256 * 1024
const LINE_END = 0x0a

/**
 * Entries that wait for PostgreSQL, one line of JSON each, in a bounded file that survives the process. Calls must not
 * overlap.
 */
export class AuditSpool {
  readonly #path: string
  readonly #mostBytes: number
  #file: FileHandle | undefined
  #bytes = 0
  #lines = 0
  /** How far the file has been replayed. */
  #offset = 0

  constructor(path: string, mostBytes = DEFAULT_MOST_BYTES) {
    this.#path = path
    this.#mostBytes = mostBytes
  }

  /** How many entries wait. */
  get waiting(): number {
    return this.#lines
  }

  /** Opens the file, counts an earlier process's entries and cuts a partial last line, which was never acknowledged. */
  async open(): Promise<void> {
    // Opened for reading and appending, created if missing, readable by this account only.
    this.#file = await open(this.#path, 'a+', 0o600)
    const content = await this.#file.readFile()
    const end = content.lastIndexOf(LINE_END) + 1
    if (end !== content.length) await this.#file.truncate(end)
    this.#bytes = end
    for (let i = 0; i < end; i++) if (content[i] === LINE_END) this.#lines++
  }

  /** Appends entries and waits until they are on disk; returns how many of them, from the first, fitted. */
  async add(entries: readonly StampedEntry[]): Promise<number> {
    const file = this.#opened()
    const kept: Buffer[] = []
    let bytes = this.#bytes
    for (const entry of entries) {
      const line = Buffer.from(`${JSON.stringify(entry)}\n`)
      if (bytes + line.length > this.#mostBytes) break
      kept.push(line)
      bytes += line.length
    }
    if (kept.length === 0) return 0
    try {
      await file.appendFile(Buffer.concat(kept))
      await file.datasync()
    } catch (error) {
      // A part may have been written; entries that were not acknowledged must not be replayed.
      await file.truncate(this.#bytes).catch(() => undefined)
      throw error
    }
    this.#bytes = bytes
    this.#lines += kept.length
    return kept.length
  }

  /** The next entries to replay; call `done` once they are stored. `unreadable` counts lines that cannot be parsed. */
  async next(most: number): Promise<{ entries: StampedEntry[]; unreadable: number; done: () => Promise<void> }> {
    const file = this.#opened()
    let size = READ_BYTES
    for (;;) {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(size), 0, size, this.#offset)
      const content = buffer.subarray(0, bytesRead)
      const lines = splitLines(content, most)
      // The line is longer than the buffer: read again with a larger one.
      if (lines.length === 0 && bytesRead === size) size *= 2
      else return this.#batch(lines)
    }
  }

  async close(): Promise<void> {
    await this.#file?.close()
    this.#file = undefined
  }

  #batch(lines: readonly Buffer[]): { entries: StampedEntry[]; unreadable: number; done: () => Promise<void> } {
    const entries: StampedEntry[] = []
    for (const line of lines) {
      const entry = parseEntry(line.toString())
      if (entry !== undefined) entries.push(entry)
    }
    const bytes = lines.reduce((sum, line) => sum + line.length + 1, 0)
    return {
      entries,
      unreadable: lines.length - entries.length,
      done: async () => {
        this.#offset += bytes
        this.#lines -= lines.length
        if (this.#offset < this.#bytes) return
        await this.#opened().truncate(0)
        this.#offset = 0
        this.#bytes = 0
        this.#lines = 0
      },
    }
  }

  #opened(): FileHandle {
    if (this.#file === undefined) throw new Error(`${this.#path} is not open; call open() first`)
    return this.#file
  }
}

function splitLines(content: Buffer, most: number): Buffer[] {
  const lines: Buffer[] = []
  let from = 0
  while (lines.length < most) {
    const end = content.indexOf(LINE_END, from)
    if (end === -1) break
    lines.push(content.subarray(from, end))
    from = end + 1
  }
  return lines
}

function parseEntry(line: string): StampedEntry | undefined {
  try {
    const entry = JSON.parse(line) as Partial<StampedEntry> | null
    return typeof entry?.entryId === 'string' && typeof entry.at === 'number' ? (entry as StampedEntry) : undefined
  } catch {
    return undefined
  }
}
