import { describe, expect, it } from 'vitest'
import { OriginRule } from './origin-rule.js'

describe('OriginRule', () => {
  const listed = new OriginRule(['https://ok.com', 'https://ok.com:8443'], true)

  it.each(['https://ok.com', 'https://ok.com:8443'])('lets the listed %s in', (origin) => {
    expect(listed.allows(origin, 'gw.example')).toBe(true)
  })

  it.each([
    'https://ok.com.evil.com', 'https://okXcom', 'https://ok.com.', 'HTTPS://OK.com', 'http://ok.com',
    'https://ok.com:444', 'https://ok.com/', 'https://evil.com#https://ok.com', 'null', '', ' https://ok.com',
    'http://localhost', 'http://gw.example',
  ])('refuses %j beside a list', (origin) => {
    expect(listed.allows(origin, 'gw.example')).toBe(false)
  })

  it('lets a request without Origin pass everywhere', () => {
    expect(listed.allows(null, null)).toBe(true)
    expect(new OriginRule(null, true).allows(null, null)).toBe(true)
  })

  it.each(['http://localhost:5173', 'http://127.0.0.1:3000', 'http://[::1]:9', 'http://app.localhost', 'http://gw.example:8081'])(
    'lets %s in outside production when nothing is listed, and never in production',
    (origin) => {
      expect(new OriginRule(null, false).allows(origin, 'gw.example:8080')).toBe(true)
      expect(new OriginRule(null, true).allows(origin, 'gw.example:8080')).toBe(false)
    },
  )

  it.each(['http://evil.com', 'null', 'file://localhost', 'http://localhost.evil.com', 'http://127.0.0.1.evil.com', 'http://user@localhost'])(
    'refuses %s outside production too',
    (origin) => {
      expect(new OriginRule(null, false).allows(origin, 'gw.example:8080')).toBe(false)
      expect(new OriginRule([], false).allows(origin, null)).toBe(false)
    },
  )
})
