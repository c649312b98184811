import { setTimeout as sleep } from 'node:timers/promises'
import { connect, type Connection } from '@gatehouse/client'
import type { Right } from '@gatehouse/protocol'
import type { NodeProcess } from '../../e2e/src/support/node-process.ts'
import type { Rest } from '../../e2e/src/support/rest.ts'
import { CLIENT_PROGRAMS, personOf, REGIONS } from './cast.ts'

const EVERYTHING: Readonly<Record<string, readonly Right[]>> = {
  'chat:*': ['join', 'publish', 'presence'],
  'support:*': ['join', 'publish'],
  'game:*': ['join', 'publish'],
  'news:*': ['join'],
  'board:*': ['join', 'publish'],
  'ticker:*': ['join', 'publish'],
}

/** What an actor needs: the node's addresses, tokens, clients, and a wait that ends with the demo. */
export class Scene {
  readonly gatewayUrl: string
  readonly rest: Rest
  readonly #node: NodeProcess
  readonly #signal: AbortSignal

  constructor(node: NodeProcess, signal: AbortSignal) {
    this.gatewayUrl = node.gatewayUrl
    this.rest = node.rest
    this.#node = node
    this.#signal = signal
  }

  get isOver(): boolean {
    return this.#signal.aborted
  }

  token(sub: string, rooms = EVERYTHING, ttlSeconds = 3600): string {
    return this.#node.token({ sub, rooms, ttlSeconds })
  }

  /** Runs `play` with a client of the SDK, which reconnects, refreshes and rejoins, and closes it in any case. */
  async withClient(
    index: number,
    play: (connection: Connection) => Promise<void>,
    options: { ttlSeconds?: number; canRefresh?: boolean } = {},
  ): Promise<void> {
    const sub = personOf(index)
    const token = (): string => this.token(sub, EVERYTHING, options.ttlSeconds)
    const connection = connect({
      url: this.gatewayUrl,
      client: pick(CLIENT_PROGRAMS, index),
      labels: { region: pick(REGIONS, index) },
      ...(options.canRefresh === false ? { token: token() } : { getToken: token }),
    })
    try {
      await play(connection)
    } finally {
      connection.close()
    }
  }

  /** Waits. Rejects when the demo ends, which ends the actor. */
  async wait(fromMs: number, toMs = fromMs): Promise<void> {
    await sleep(fromMs + Math.random() * (toMs - fromMs), undefined, { signal: this.#signal })
  }
}

/** One member of the crowd; runs until the scene is over. `index` is unique, so that names do not repeat. */
export type Actor = (scene: Scene, index: number) => Promise<void>

export function pick<T>(choices: readonly T[], index = Math.floor(Math.random() * choices.length)): T {
  return choices[index % choices.length] as T
}
