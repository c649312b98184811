import { expect, it } from 'vitest'
import { listSettings } from './settings-list.js'

it('shows set values and defaults, and for a secret only that it is set', () => {
  const settings = new Map(
    listSettings({ MESSAGE_RATE: '80/s', JWT_SECRET: 'canary' }).map((each) => [each.name, each]),
  )
  expect(settings.get('MESSAGE_RATE')).toEqual({ name: 'MESSAGE_RATE', value: '80/s', isDefault: false })
  expect(settings.get('GATEWAY_PORT')).toEqual({ name: 'GATEWAY_PORT', value: '8080', isDefault: true })
  expect(settings.get('JWT_SECRET')?.value).toBe('set')
  expect(JSON.stringify([...settings])).not.toContain('canary')
})
