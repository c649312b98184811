import type { Operation, Plan } from '@gatehouse/protocol/rest'
import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { loadConfig } from '../config/config.js'
import { readDrainArguments } from './drain-arguments.js'
import { localAccessOf } from './local-access.js'
import { NodeClient } from './node-client.js'
import { runCommand, UsageFault } from './run-command.js'

const pollMs = 1_000

/** Drains the running node of this DATA_DIR and ends when it is empty: 0 when done, 1 when it failed or was called off. */
await runCommand(async () => {
  const { parameters, reason, force } = readDrainArguments(process.argv.slice(2))
  const config = loadConfig(process.env)
  const access = localAccessOf(config.dataDir)
  if (access === undefined) throw new UsageFault(`No node runs on DATA_DIR ${config.dataDir}.`)
  const node = new NodeClient(access, config.tls?.certFile ?? null)
  const plan = await node.ask<Plan>('POST', '/v1/operations', { kind: 'drain', parameters, reason, dryRun: true })
  const { connections, users } = plan.blast
  say(`Draining ${plan.node}: ${connections} connections of ${users} users, about ${seconds(plan.estimate.totalMs)}.`)
  for (const warning of plan.warnings) say(warning)
  let operation = await node.ask<Operation>(
    'POST',
    '/v1/operations',
    { planId: plan.planId, force },
    { 'Idempotency-Key': randomUUID() },
  )
  say(`Operation ${operation.id}`)
  while (operation.endedAt === null) {
    await delay(pollMs)
    operation = await node.ask<Operation>('GET', `/v1/operations/${operation.id}`)
    const { buckets, achievedRate, note } = operation.progress
    say(
      `${operation.state.padEnd(7)} ${String(buckets.remaining).padStart(7)} left  ${achievedRate.toFixed(1)}/s  ${note}`,
    )
  }
  const { closedClean, forced, migratedEarly, leftOnTheirOwn, remaining } = operation.progress.buckets
  say(
    `${operation.state}: ${migratedEarly} moved early, ${closedClean} closed, ${forced} forced, ${leftOnTheirOwn} left, ${remaining} remain.`,
  )
  if (operation.failure !== null) say(operation.failure)
  return operation.state === 'done' ? 0 : 1
})

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`
}
