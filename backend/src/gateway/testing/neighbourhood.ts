import assert from 'node:assert/strict'
import type { CloseReason } from '@gatehouse/protocol'
import { closeReasons } from '@gatehouse/protocol'
import type { CloseRecordDraft } from '../../realtime/ports/record-sink.js'
import type { RawClient } from './raw-client.js'
import { clientFrame } from './raw-client.js'
import { TestGateway } from './test-gateway.js'

/** How a connection was ended, from the push, the close frame and the record. */
export interface SeenClose {
  readonly push: unknown
  readonly code: number
  readonly text: string
  readonly recorded: CloseReason
}

/** A gateway with one well-behaved client, beside whom a test may misbehave. */
export class Neighbourhood {
  #published = 0

  private constructor(
    readonly gateway: TestGateway,
    readonly neighbour: RawClient,
  ) {}

  static async start(): Promise<Neighbourhood> {
    const gateway = await TestGateway.start()
    return new Neighbourhood(gateway, await gateway.join('chat:neighbours'))
  }

  /** Checks that the neighbour is served at once, that nothing failed inside, and that the books balance. */
  async inspect(): Promise<void> {
    this.#published += 1
    const id = this.#published
    this.neighbour.sendText({ id, event: 'publish', data: { room: 'chat:neighbours', data: id } })
    const message = await this.neighbour.json()
    assert.deepEqual([message['event'], message['data']], ['message', id])
    assert.equal((await this.neighbour.json())['id'], id)
    assert.deepEqual(this.gateway.log.failures, [])
    const { attempts, opened, refused, open, closed } = this.gateway.hub.books.snapshot()
    assert.deepEqual([attempts, opened], [opened + refused, open + closed])
  }

  /** The close record of a client, once it is written. */
  async record(client: RawClient): Promise<CloseRecordDraft> {
    const { closes } = this.gateway.ports.records
    const find = (): CloseRecordDraft | undefined => closes.find((record) => record.id === idOf(client))
    await this.gateway.until(() => find() !== undefined, 'the close record')
    return find() as CloseRecordDraft
  }

  /** Reads how the gateway ends a connection, answers its close frame and waits for the end. */
  async close(client: RawClient): Promise<SeenClose> {
    let push = await client.json()
    while (push['event'] !== 'disconnect') push = await client.json()
    const { code, text } = await client.closeFrame()
    client.send(clientFrame(8, Buffer.from([3, 232])))
    await client.ended()
    const { reason } = await this.record(client)
    return {
      push: { code: push['code'], reason: push['reason'], connection: push['connection'] },
      code,
      text,
      recorded: reason,
    }
  }
}

/** What `close` gives when a connection ends as the protocol says for `reason`. */
export function closedAs(client: RawClient, reason: CloseReason): SeenClose {
  const code = closeReasons[reason].code ?? 0
  const connection = idOf(client)
  return { push: { code, reason, connection }, code, text: `${reason} ${connection}`, recorded: reason }
}

/** The connection's id, from the 101. */
export function idOf(client: RawClient): string {
  return client.upgradeHeaders.get('gatehouse-connection') ?? ''
}
