import { expect, it } from 'vitest'
import type { SessionStore } from '../../src/realtime/ports/session-store.js'

export interface SessionsUnderTest {
  readonly sessions: SessionStore
  readonly settle: () => Promise<void>
  readonly pass: (ms: number) => Promise<void>
}

interface Claimed {
  readonly id: string
  readonly previous: string | null
}

/** The contract of every session store; call it inside a `describe`. */
export function sessionStoreContract(start: () => Promise<SessionsUnderTest>): void {
  async function open(): Promise<
    SessionsUnderTest & { claim: (id: string | undefined, subject: string, connection: string) => Promise<Claimed> }
  > {
    const under = await start()
    const claim = async (id: string | undefined, subject: string, connection: string): Promise<Claimed> => {
      const claims: Claimed[] = []
      under.sessions.claim(id, subject, connection, (claimed) => claims.push(claimed))
      await under.settle()
      expect(claims).toHaveLength(1)
      return claims[0] as Claimed
    }
    return { ...under, claim }
  }

  it('[I-3] creates sessions of 128 random bits, and gives one back to its subject', async () => {
    const { claim } = await open()
    const first = await claim(undefined, 'alice', 'c1')
    expect(first.previous).toBeNull()
    expect(first.id.length).toBeGreaterThanOrEqual(22)
    expect(await claim(first.id, 'alice', 'c2')).toEqual({ id: first.id, previous: 'c1' })
    expect((await claim(undefined, 'alice', 'c3')).id).not.toBe(first.id)
  })

  it('[I-3] answers an unknown or foreign session with a new one', async () => {
    const { claim } = await open()
    const { id } = await claim(undefined, 'alice', 'c1')
    const foreign = await claim(id, 'bob', 'c2')
    expect(foreign.id).not.toBe(id)
    expect(foreign.previous).toBeNull()
    expect((await claim('unknown', 'alice', 'c3')).id).not.toBe('unknown')
    expect(await claim(id, 'alice', 'c4')).toEqual({ id, previous: 'c1' })
  })

  it('[I-3] keeps a session 10 min after its last connection', async () => {
    const { claim, sessions, pass } = await open()
    const { id } = await claim(undefined, 'alice', 'c1')
    await pass(3_600_000)
    sessions.release(id, 'c1')
    await pass(590_000)
    expect((await claim(id, 'alice', 'c2')).id).toBe(id)
    sessions.release(id, 'c1')
    await pass(700_000)
    expect((await claim(id, 'alice', 'c3')).id).toBe(id)
    sessions.release(id, 'c3')
    await pass(610_000)
    expect((await claim(id, 'alice', 'c4')).id).not.toBe(id)
  })
}
