import { pino, type Logger } from 'pino'

export type NodeLog = Logger

/** Names of fields that could contain a credential. No log line has one, and redaction covers mistakes. */
const redacted = ['token', 'authorization', 'cookie', 'password', 'secret', 'key'].flatMap((name) => [
  name,
  `*.${name}`,
])

/**
 * Structured JSON lines on standard error; standard output is only for the few lines meant for people. Connections,
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
