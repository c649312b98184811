import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AlreadyExists, BadListRequest, LastAdmin } from '../repositories/store-errors.js'
import { ShiftedClock, testStore, type TestStore } from '../testing/test-store.js'

const minute = 60_000
const clock = new ShiftedClock()
let test: TestStore
beforeAll(async () => {
  test = await testStore(clock)
})
afterAll(() => test.close())

const draft = (name: string, role: 'admin' | 'viewer' = 'viewer') => ({
  name,
  role,
  rooms: ['chat:*'],
  passwordHash: 'hash',
})

describe('operators', () => {
  it('are found by their exact name, and a name exists only once', async () => {
    const { operators } = test.store
    await operators.create(draft('ada', 'admin'))
    await expect(operators.create(draft('ada'))).rejects.toThrow(AlreadyExists)
    expect((await operators.find('ada'))?.rooms).toEqual(['chat:*'])
    expect(await operators.find('Ada')).toBeUndefined()
    expect((await operators.credentials('ada'))?.passwordHash).toBe('hash')
    expect(await operators.count()).toBe(1)
  })

  it('never lose their last enabled admin, not even when two are removed at once', async () => {
    const { operators } = test.store
    await expect(operators.remove('ada')).rejects.toThrow(LastAdmin)
    await expect(operators.change('ada', { role: 'viewer' })).rejects.toThrow(LastAdmin)
    await expect(operators.change('ada', { disabled: true })).rejects.toThrow(LastAdmin)
    await operators.create(draft('bob', 'admin'))
    const outcomes = await Promise.allSettled([operators.remove('bob'), operators.change('ada', { disabled: true })])
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    const left = await operators.list({ tokens: [], limit: 10 })
    expect(left.items.filter(({ role, disabled }) => role === 'admin' && !disabled)).toHaveLength(1)
  })

  it('are listed in pages, each of them once', async () => {
    const { operators } = test.store
    for (let i = 0; i < 7; i++) await operators.create(draft(`op${i}`))
    const tokens = [{ field: 'name', op: '=', values: ['op*'], negated: false }] as const
    const names: string[] = []
    let cursor: string | undefined
    do {
      const page = await operators.list({ tokens, sort: '-name', limit: 3, cursor })
      expect(page.total).toBe(7)
      names.push(...page.items.map(({ name }) => name))
      cursor = page.next
    } while (cursor !== undefined)
    expect(names).toEqual(['op6', 'op5', 'op4', 'op3', 'op2', 'op1', 'op0'])
    await expect(operators.list({ tokens: [{ ...tokens[0], field: 'shoe' }], limit: 3 })).rejects.toThrow(
      BadListRequest,
    )
    await expect(operators.list({ tokens: [], sort: 'constructor', limit: 3 })).rejects.toThrow(BadListRequest)
  })
})

describe('sign-ins', () => {
  const about = { operator: 'op0', address: '127.0.0.1', userAgent: 'test' }

  it('are valid for anyone who has the secret, until signed out', async () => {
    const { signIns, operators } = test.store
    const made = await signIns.create('secret-1', about)
    expect((await signIns.use('secret-1'))?.operator.name).toBe('op0')
    expect(await signIns.use('secret-2')).toBeUndefined()
    expect((await operators.find('op0'))?.lastSignInAt).toBe(made.createdAt)
    expect((await signIns.list('op0')).map(({ id }) => id)).toEqual([made.id])
    expect((await signIns.end('secret-1'))?.id).toBe(made.id)
    expect(await signIns.use('secret-1')).toBeUndefined()
  })

  it('end after an hour without use, and after twelve hours in any case', async () => {
    const { signIns } = test.store
    await signIns.create('idle', about)
    await signIns.create('busy', about)
    for (let passed = 0; passed < 11; passed++) {
      clock.shift(59 * minute)
      expect(await signIns.use('busy')).toBeDefined()
    }
    expect(await signIns.use('idle')).toBeUndefined()
    clock.shift(59 * minute)
    clock.shift(59 * minute)
    expect(await signIns.use('busy')).toBeUndefined()
  })

  it('end with a new password, a new role or disabling, and notify listeners', async () => {
    const { signIns, operators } = test.store
    const ended: string[] = []
    signIns.onEnded((ids) => ended.push(...ids))
    const ids: string[] = []
    for (const [i, change] of [{ passwordHash: 'new' }, { role: 'operator' as const }, { disabled: true }].entries()) {
      ids.push((await signIns.create(`change-${i}`, about)).id)
      await operators.change('op0', change)
      expect(await signIns.use(`change-${i}`)).toBeUndefined()
    }
    await operators.change('op0', { disabled: false })
    ids.push((await signIns.create('removed', about)).id)
    await operators.remove('op0')
    expect(await signIns.use('removed')).toBeUndefined()
    expect(ended).toEqual(ids)
  })

  it('are revoked one by one', async () => {
    const { signIns } = test.store
    const made = []
    for (const secret of ['a', 'b']) made.push(await signIns.create(secret, { ...about, operator: 'op1' }))
    expect(await signIns.revoke(made[0]?.id ?? '')).toBe(true)
    expect(await signIns.use('a')).toBeUndefined()
    expect(await signIns.use('b')).toBeDefined()
  })
})

describe('sign-in links', () => {
  it('make one admin once, within 30 minutes', async () => {
    const { signinLinks } = test.store
    await signinLinks.create('link-1')
    expect(await signinLinks.isValid('link-1')).toBe(true)
    const redeemed = await Promise.all([
      signinLinks.redeem('link-1', { name: 'root1', passwordHash: 'h' }),
      signinLinks.redeem('link-1', { name: 'root2', passwordHash: 'h' }),
    ])
    expect(redeemed.filter((operator) => operator !== undefined)).toHaveLength(1)
    expect(redeemed.find((operator) => operator !== undefined)?.role).toBe('admin')
    await signinLinks.create('link-2')
    clock.shift(31 * minute)
    expect(await signinLinks.isValid('link-2')).toBe(false)
    expect(await signinLinks.redeem('link-2', { name: 'late', passwordHash: 'h' })).toBeUndefined()
    expect(await test.store.operators.find('late')).toBeUndefined()
  })

  it('let an existing operator back in, and only the newest link works', async () => {
    const { signinLinks, operators } = test.store
    await operators.change('op2', { disabled: true })
    await signinLinks.create('older')
    await signinLinks.create('newer')
    expect(await signinLinks.redeem('older', { name: 'op2', passwordHash: 'again' })).toBeUndefined()
    expect(await signinLinks.redeem('newer', { name: 'op2', passwordHash: 'again' })).toMatchObject({
      role: 'admin',
      disabled: false,
    })
    expect((await operators.credentials('op2'))?.passwordHash).toBe('again')
  })
})

describe('API keys', () => {
  it('are found by the key alone until they expire or are revoked', async () => {
    const { apiKeys } = test.store
    const about = {
      name: 'ci',
      verbs: ['read', 'publish'],
      rooms: [],
      createdBy: 'ada',
      expiresAt: clock.wallMs() + minute,
    } as const
    const made = await apiKeys.create('key-1', about)
    await expect(apiKeys.create('key-2', about)).rejects.toThrow(AlreadyExists)
    expect((await apiKeys.use('key-1'))?.verbs).toEqual(['read', 'publish'])
    expect(await apiKeys.use('key-3')).toBeUndefined()
    clock.shift(2 * minute)
    expect(await apiKeys.use('key-1')).toBeUndefined()
    const [listed] = (await apiKeys.list({ tokens: [], limit: 10 })).items
    expect(listed?.lastUsedAt).toBeGreaterThanOrEqual(made.createdAt)
    expect((await apiKeys.revoke(made.id))?.name).toBe('ci')
    expect(await apiKeys.revoke(made.id)).toBeUndefined()
  })

  it('are found past their expiry and reported as revoked, with one look-up for many concurrent requests', async () => {
    const { apiKeys } = test.store
    const about = { name: 'device', verbs: ['publish'], rooms: [], createdBy: 'ada' } as const
    const made = await apiKeys.create('device-key', { ...about, expiresAt: clock.wallMs() + minute })
    const found = await Promise.all(Array.from({ length: 50 }, () => apiKeys.find('device-key')))
    expect(new Set(found).size).toBe(1)
    expect(found[0]).toMatchObject({ id: made.id, name: 'device' })
    clock.shift(2 * minute)
    expect(await apiKeys.find('device-key')).toMatchObject({ id: made.id })
    expect(await apiKeys.find('nobody’s')).toBeUndefined()
    const [during] = await Promise.all([apiKeys.find('device-key'), apiKeys.revoke(made.id)])
    expect(['revoked', made.id]).toContain(during === 'revoked' ? during : during?.id)
    expect(await apiKeys.find('device-key')).toBe('revoked')
    expect(await apiKeys.use('device-key')).toBeUndefined()
    clock.shift(366 * 24 * 60 * minute)
    await test.store.retention.run()
    expect(await apiKeys.find('device-key')).toBeUndefined()
  })
})
