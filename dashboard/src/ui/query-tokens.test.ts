import { describe, expect, it } from 'vitest'
import { faultOf, isUnreadable, tokensOf, tokenText, withoutToken, withToken } from './query-tokens.js'

describe('the tokens of a query', () => {
  it('show name and value apart, comparison and negation kept', () => {
    expect(tokensOf('user:alice pending:>64k -client:web').map(tokenText)).toEqual([
      { name: 'user:', value: 'alice' },
      { name: 'pending:', value: '>64k' },
      { name: '-client:', value: 'web' },
    ])
  })

  it('keep colons inside a value', () => {
    expect(tokensOf('room:chat:lobby').map(tokenText)).toEqual([{ name: 'room:', value: 'chat:lobby' }])
  })

  it('are added once and removed by index', () => {
    const filter = withToken('user:alice', 'state:slow')
    expect(filter).toBe('user:alice state:slow')
    expect(withToken(filter, 'state:slow')).toBe(filter)
    expect(withoutToken(filter, 0)).toBe('state:slow')
  })

  it('are refused with the fields that exist', () => {
    const fields = [{ name: 'user' }, { name: 'label' }]
    expect(faultOf('usr:alice', fields)).toBe('There is no field usr. The fields are user, label.')
    expect(faultOf('label.region:eu', fields)).toBeNull()
    expect(faultOf('user:', fields)).toMatch(/has no value/)
    expect(faultOf('alice', fields)).toBeNull()
  })

  it('are none for a filter that cannot be read, which differs from an empty one', () => {
    expect(['user:', 'user:alice', ''].map(isUnreadable)).toEqual([true, false, false])
    expect(withToken('user:', 'user:alice')).toBe('user:alice')
  })
})
