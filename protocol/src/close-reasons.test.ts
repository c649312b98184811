import { describe, expect, it } from 'vitest'
import { closeReasonNames, closeReasons, clientCloseReason, type CloseReasonFacts } from './close-reasons.js'
import { closeCure, closeSentence } from './close-sentences.js'
import { mayReconnect } from './codes.js'
import { limits } from './limits.js'
import { refusalReasonNames, refusalReasons } from './refusal-reasons.js'
import { refusalCure, refusalSentence } from './refusal-sentences.js'

describe('close reasons', () => {
  it('[C-1] let the code alone say whether a client reconnects: never-reasons have final codes, all others may return', () => {
    for (const name of closeReasonNames) {
      const { code, retry, initiator }: CloseReasonFacts = closeReasons[name]
      if (code === null || retry === 'client') continue
      expect(mayReconnect(code), `${name} ${code}`).toBe(retry !== 'never')
      if (initiator !== 'network' && initiator !== 'client') expect(code).not.toBe(1006)
    }
  })

  it('[C-1] reconnect on exactly the ranges of the protocol', () => {
    const codes = [
      1000, 1001, 1002, 1003, 1005, 1006, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 1015, 2999, 3000, 3499, 3500,
      3999, 4000, 4499, 4500, 4999,
    ]
    expect(codes.filter(mayReconnect)).toEqual([1001, 1005, 1006, 1011, 1012, 1013, 3000, 3499, 4000, 4499])
  })

  it('[C-2] never send a code that must not stand in a close frame', () => {
    const sent = closeReasonNames
      .filter((name) => ['policy', 'server', 'operator'].includes(closeReasons[name].initiator))
      .map((name) => closeReasons[name].code)
    for (const code of [1004, 1005, 1006, 1014, 1015]) expect(sent).not.toContain(code)
  })

  it('[C-3] have a text `<reason> <connection id>` that fits a close frame', () => {
    for (const name of closeReasonNames)
      expect(`${name} ${'x'.repeat(26)}`.length).toBeLessThanOrEqual(limits.closeTextBytes)
  })

  it('follow from the code that the client sent', () => {
    expect([1000, 1001, 1005, 3999].map(clientCloseReason)).toEqual([
      'client_close',
      'client_going_away',
      'client_no_status',
      'client_app_code',
    ])
  })

  it('[C-4] each explain themselves in a sentence, with and without evidence, and name a cure', () => {
    const full = {
      queuedBytes: 1048576,
      oldestMs: 10_200,
      room: 'chat:lobby',
      lastRttMs: 40,
      silentMs: 35_000,
      limit: 10,
      value: 12,
      rule: 'fragments',
      error: 'ECONNRESET',
      message: 'bye',
      actor: 'ada',
      operation: 'op1',
      expiresAt: 0,
      retryAfterMs: 1500,
      successor: 'c2',
      count: 7,
      receivedCode: 4001,
    }
    for (const name of closeReasonNames) {
      for (const evidence of [{}, full]) {
        expect(closeSentence(name, evidence), name).toMatch(/^[A-Zada].*\.$/)
        expect(closeSentence(name, evidence)).not.toMatch(/undefined|NaN/)
      }
      expect(closeCure(name)).toMatch(/\.$/)
    }
    expect(closeSentence('slow_consumer_deadline', full)).toBe(
      'Closed after 10.2 s without reading; 1 MiB waited in chat:lobby.',
    )
  })
})

describe('refusal reasons', () => {
  it('name the limit with the value, or alone where the value is not known', () => {
    expect(refusalSentence('ip_connection_limit', { limit: 5, value: 5 })).toBe(
      'Too many connections from this address (5 of 5).',
    )
    expect(refusalSentence('ip_rate_limit', { limit: 200, retryAfterMs: 1_500 })).toBe(
      'Too many attempts from this address in a second (more than 200). Try again after 1.5 s.',
    )
  })

  it('each have a sentence and a cure, and a status where an answer can be given', () => {
    for (const name of refusalReasonNames) {
      expect(refusalSentence(name, {})).toMatch(/\.$/)
      expect(
        refusalSentence(name, {
          origin: 'https://a.example',
          limit: 5,
          value: 6,
          rule: 'signature',
          retryAfterMs: 1000,
          path: '/x',
          expiresAt: 0,
        }),
      ).not.toMatch(/undefined/)
      expect(refusalCure(name)).toMatch(/\.$/)
      const { status } = refusalReasons[name]
      if (name !== 'aborted') expect(status).toBeGreaterThanOrEqual(400)
    }
  })
})
