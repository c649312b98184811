/** `small` in the daily test command, `long` for the sizes that the project promises. */
export const size: 'small' | 'long' = process.env['GATEHOUSE_TEST_SIZE'] === 'long' ? 'long' : 'small'

export function bySize<T>(values: { readonly small: T; readonly long: T }): T {
  return values[size]
}
