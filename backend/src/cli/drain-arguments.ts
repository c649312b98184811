import { type OperationParameters, parseSpan } from '@gatehouse/protocol/rest'
import { parseArgs } from 'node:util'
import { UsageFault } from './run-command.js'

export interface DrainArguments {
  readonly parameters: OperationParameters
  readonly reason: string
  readonly force: boolean
}

export const DRAIN_USAGE =
  "npm run drain -- [--duration 60s | --rate 50] [--reason 'kernel update'] [--serve] [--force]"

/** @throws UsageFault with the argument at fault */
export function readDrainArguments(args: readonly string[]): DrainArguments {
  const { duration, rate, reason, serve, force } = parsed(args)
  const durationMs = duration === undefined ? undefined : parseSpan(duration)
  if (duration !== undefined && durationMs === undefined)
    throw usage(`--duration ${duration} is not a duration such as 60s or 5m`)
  const perSecond = rate === undefined ? undefined : Number(rate)
  if (perSecond !== undefined && !(perSecond > 0)) throw usage(`--rate ${rate} is not a number of closes per second`)
  return {
    parameters: {
      ...(durationMs === undefined ? {} : { durationMs }),
      ...(perSecond === undefined ? {} : { rate: perSecond }),
      onDone: serve ? 'serve' : 'hold',
    },
    reason,
    force,
  }
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      strict: true,
      allowPositionals: false,
      options: {
        duration: { type: 'string' },
        rate: { type: 'string' },
        reason: { type: 'string', default: 'npm run drain' },
        serve: { type: 'boolean', default: false },
        force: { type: 'boolean', default: false },
      },
    }).values
  } catch (error) {
    throw usage((error as Error).message)
  }
}

const usage = (fault: string): UsageFault => new UsageFault(`${fault}.\nUsage: ${DRAIN_USAGE}`)
