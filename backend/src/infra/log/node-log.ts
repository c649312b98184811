import { pino, type Logger } from 'pino'

export type NodeLog = Logger

/** Fields that would carry a credential, wherever they stand: none of ours does, and a mistake must not either. */
const redacted = ['token', 'authorization', 'cookie', 'password', 'secret', 'key'].flatMap((name) => [
  name,
  `*.${name}`,
])

/**
 * Structured JSON lines on standard error, so that standard output keeps the few lines meant for people. Connections,
 * requests and operations are named by id; frames and bodies are never logged.
 */
export function openLog(level: string, nodeId: string): NodeLog {
  return pino(
    {
      level,
      base: { node: nodeId },
      redact: { paths: redacted, censor: '[redacted]' },
      timestamp: pino.stdTimeFunctions.isoTime,
    },
    pino.destination({ fd: 2, sync: true }),
  )
}
