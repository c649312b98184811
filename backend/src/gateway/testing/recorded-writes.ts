import type { Duplex } from 'node:stream'

const WRITES = ['writeBuffer', 'writev', 'writeUtf8String', 'writeLatin1String', 'writeAsciiString']

/** The names of all writes to this socket's handle from now on, one for each system call that is asked for. */
export function recordWrites(raw: Duplex): readonly string[] {
  const { _handle: handle } = raw as unknown as { _handle: Record<string, (...given: unknown[]) => unknown> }
  const writes: string[] = []
  for (const name of WRITES) {
    const write = handle[name]?.bind(handle)
    handle[name] = (...given) => {
      writes.push(name)
      return write?.(...given)
    }
  }
  return writes
}
