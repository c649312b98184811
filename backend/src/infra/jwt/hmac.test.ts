import { createHmac, randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { Hmac, type HashName } from './hmac.js'

describe.each<HashName>(['sha256', 'sha384', 'sha512'])('HMAC with %s', (name) => {
  it('is that of node:crypto, for keys shorter and longer than a block and for any text', () => {
    for (const keyLength of [0, 1, 32, 63, 64, 65, 127, 128, 129, 500]) {
      const secret = randomBytes(keyLength)
      const hmac = new Hmac(name, secret)
      for (const length of [0, 1, 55, 64, 300, 8_192]) {
        const text = randomBytes(length).toString('base64url').slice(0, length)
        expect(hmac.of(text).toString('hex')).toBe(createHmac(name, secret).update(text).digest('hex'))
      }
    }
  })
})

describe('HMAC-SHA-256', () => {
  it('is that of RFC 4231, test case 2', () => {
    const hmac = new Hmac('sha256', Buffer.from('Jefe'))
    expect(hmac.of('what do ya want for nothing?').toString('hex')).toBe(
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    )
  })
})
