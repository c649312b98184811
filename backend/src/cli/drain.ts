import type { NodeStatus, Operation, Plan } from '@gatehouse/protocol/rest'
import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { loadConfig } from '../config/config.js'
import { DRAIN_USAGE, readDrainArguments } from './drain-arguments.js'
import { DrainProgress } from './drain-progress.js'
import { localAccessOf } from '../config/local-access.js'
import { NodeClient } from './node-client.js'
import { asksForHelp, runCommand, UsageFault } from './run-command.js'

const POLL_MS = 1_000

/** Drains the running node of this DATA_DIR and waits for the end: exits 0 if done, 1 if it failed or was cancelled. */
await runCommand(async () => {
  const args = process.argv.slice(2)
  if (asksForHelp(args)) {
    say(`Usage: ${DRAIN_USAGE}`)
    return 0
  }
  const { parameters, reason, force } = readDrainArguments(args)
  const config = loadConfig(process.env)
  const access = localAccessOf(config.dataDir)
  if (access === undefined) throw new UsageFault(`No node runs on DATA_DIR ${config.dataDir}.`)
  const node = new NodeClient(access, config.tls?.certFile ?? null)
  const status = await node.ask<NodeStatus>('GET', '/v1/node')
  if (status.state === 'drained') {
    say(
      `${status.id} is already drained; return it to service on the Node page or with POST /v1/node/return-to-service.`,
    )
    return 0
  }
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
  const progress = new DrainProgress()
  while (operation.endedAt === null) {
    await delay(POLL_MS)
    operation = await node.ask<Operation>('GET', `/v1/operations/${operation.id}`)
    const line = progress.lineOf(operation, performance.now())
    if (line !== undefined) say(line)
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
