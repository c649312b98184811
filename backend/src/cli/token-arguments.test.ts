import { expect, it } from 'vitest'
import { readTokenArguments } from './token-arguments.js'

it('reads rooms with their rights and merges the rights of a repeated pattern', () => {
  const read = readTokenArguments(['--sub', 'alice', '--rooms', 'chat:*=join,publish; news=join;news=history'])
  expect(read).toEqual({
    subject: 'alice',
    rooms: { 'chat:*': ['join', 'publish'], news: ['join', 'history'] },
    lifetimeMs: 3_600_000,
  })
})

it.each([
  [['--rooms', 'news=join'], '--sub'],
  [['--sub', 'a'], '--rooms'],
  [['--sub', 'a', '--rooms', 'news=fly'], 'fly'],
  [['--sub', 'a', '--rooms', '**:x=join'], '**:x'],
  [['--sub', 'a', '--rooms', 'news'], 'news'],
  [['--sub', 'a', '--rooms', 'news=join', '--ttl', 'soon'], 'soon'],
  [['--sub', 'a', '--rooms', 'news=join', '--ttl', '90d'], '90d'],
  [['--sub', 'a', '--rooms', 'news=join', '--force'], '--force'],
])('refuses %j and names the fault', (args, fault) => {
  expect(() => readTokenArguments(args)).toThrow(fault)
})
